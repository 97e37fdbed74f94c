"""A plain Wagtail site beside ours: own environment, own database, same server."""

import hashlib
import sys

import psycopg
from psycopg import sql

from bench import load
from bench.articles import MARK, article, questions
from bench.stack import PLACE, ROOT, run

HOME = ROOT / "bench" / "wagtail_peer"
REQUIREMENTS = ROOT / "bench" / "requirements-wagtail.txt"
VENV = PLACE / "venv"
PYTHON = VENV / "bin" / "python"
DATABASE = "bench_wagtail"


def install(say):
    """Into an environment of its own; kept until the requirements change."""
    stamp = VENV / "installed.txt"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("Installing Wagtail into var/bench/venv")
    run([sys.executable, "-m", "venv", "--clear", VENV], env=None)
    run(
        [
            *(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--requirement", REQUIREMENTS),
        ],
        env=None,
    )
    stamp.write_text(wanted)


def environment(stack):
    known = stack.superuser()
    return {
        "PATH": "/usr/bin:/bin",
        "PEER_DATABASE": DATABASE,
        "PEER_HOST": known["host"],
        "PEER_USER": known["user"],
        "PEER_PASSWORD": known["password"],
        "PEER_SECRET_KEY": "only-ever-answers-on-127.0.0.1-for-a-few-minutes",
    }


def prepare(stack, articles):
    """Its database in our cluster, migrated and filled with the same articles."""
    with psycopg.connect(**stack.superuser(), autocommit=True) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
        if not found:
            connection.execute(
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE))
            )
    env = environment(stack)
    run([PYTHON, "manage.py", "migrate", "--verbosity", "0"], env=env, cwd=HOME)
    run([PYTHON, "fill.py", str(articles)], env=env, cwd=HOME)
    with psycopg.connect(
        **{**stack.superuser(), "dbname": DATABASE}, autocommit=True
    ) as connection:
        connection.execute("VACUUM ANALYZE")


def serve(stack):
    return stack.serve(
        "wagtail",
        "wsgi:application",
        env=environment(stack),
        cwd=HOME,
        python=PYTHON,
    )


def article_pages(count):
    return [load.Request(f"/{article(number).slug}/") for number in range(count)]


def listing():
    return [load.Request("/")]


def api_pages(stack, count):
    """An article by its number, as Wagtail's API has it."""
    where = {**stack.superuser(), "dbname": DATABASE}
    with psycopg.connect(**where) as connection:
        rows = connection.execute(
            "SELECT page_ptr_id FROM blog_blogpage ORDER BY page_ptr_id LIMIT %s",
            [count],
        ).fetchall()
    return [load.Request(f"/api/v2/pages/{number}/") for (number,) in rows]


def searches(count):
    return [
        load.Request(f"/?q={words.replace(' ', '+')}") for words in questions(count)
    ]


__all__ = [
    "MARK",
    "api_pages",
    "article_pages",
    "install",
    "listing",
    "prepare",
    "searches",
    "serve",
]

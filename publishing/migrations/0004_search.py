"""Words without accents, in the language of the text, and titles that sound alike.

`SET EXPRESSION` writes both tables anew: while it does, readers of these two wait. A
site with very many articles rebuilds at a quiet hour.
"""

import django.contrib.postgres.indexes
from django.contrib.postgres.search import (
    SearchVector,
    SearchVectorField,
)
from django.db import migrations, models

from publishing.models.publication import Folded, WordsOf

LANGUAGES = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}

CONFIGURATIONS = "".join(
    f"""
CREATE TEXT SEARCH CONFIGURATION public.words_{code} (COPY = pg_catalog.{name});
ALTER TEXT SEARCH CONFIGURATION public.words_{code}
    ALTER MAPPING FOR hword, hword_part, word
    WITH public.unaccent, pg_catalog.{stems};
"""
    for code, name, stems in (
        *((code, name, f"{name}_stem") for code, name in LANGUAGES.items()),
        ("any", "simple", "simple"),
    )
)
NO_CONFIGURATIONS = "".join(
    f"DROP TEXT SEARCH CONFIGURATION public.words_{code};"
    for code in (*LANGUAGES, "any")
)

CASES = "\n".join(
    f"        WHEN '{code}' THEN 'public.words_{code}'::regconfig" for code in LANGUAGES
)
# Bodies that are parsed when they are made: no search path can turn them round.
FUNCTIONS = f"""
CREATE FUNCTION public.words_of(language text) RETURNS regconfig
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE split_part(lower(language), '-', 1)
{CASES}
        ELSE 'public.words_any'::regconfig END;

-- unaccent is only called stable because its dictionary could be changed; ours is not.
CREATE FUNCTION public.folded(words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN upper(public.unaccent('public.unaccent'::regdictionary, words));

REVOKE ALL ON FUNCTION public.words_of(text), public.folded(text) FROM PUBLIC;
DO $$
DECLARE
    visitor text;
BEGIN
    FOREACH visitor IN ARRAY ARRAY['cms_reader', 'cms_member', 'cms_sync'] LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = visitor) THEN
            EXECUTE format(
                'GRANT EXECUTE ON FUNCTION public.words_of(text), public.folded(text) '
                'TO %I', visitor);
        END IF;
    END LOOP;
END $$;
"""
NO_FUNCTIONS = """
DROP FUNCTION public.folded(text);
DROP FUNCTION public.words_of(text);
"""

VECTOR = """
    setweight(to_tsvector(public.words_of(language), title), 'A')
    || setweight(to_tsvector(public.words_of(language), search_summary), 'B')
    || setweight(to_tsvector(public.words_of(language),
                             author_name || ' ' || category_name), 'C')
    || setweight(to_tsvector(public.words_of(language), search_text), 'D')
"""
FORMER_VECTOR = """
    setweight(to_tsvector('pg_catalog.english', title), 'A')
    || setweight(to_tsvector('pg_catalog.english', search_summary), 'B')
    || setweight(to_tsvector('pg_catalog.english', search_text), 'D')
"""


def _vector(table, expression):
    return (
        f"ALTER TABLE public.{table} ALTER COLUMN search_vector "
        f"SET EXPRESSION AS ({expression});"
    )


def _other_words(model, table):
    config = WordsOf("language")
    weighted = SearchVector("title", weight="A", config=config)
    weighted += SearchVector("search_summary", weight="B", config=config)
    weighted += SearchVector("author_name", "category_name", weight="C", config=config)
    weighted += SearchVector("search_text", weight="D", config=config)
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(_vector(table, VECTOR), _vector(table, FORMER_VECTOR))
        ],
        state_operations=[
            migrations.AlterField(
                model_name=model,
                name="search_vector",
                field=models.GeneratedField(
                    db_persist=True,
                    expression=weighted,
                    output_field=SearchVectorField(),
                ),
            )
        ],
    )


def _language(model):
    return migrations.AddField(
        model_name=model,
        name="language",
        field=models.CharField(db_default="en", default="en", max_length=10),
    )


class Migration(migrations.Migration):
    dependencies = [("publishing", "0003_series")]

    operations = [
        migrations.RunSQL(CONFIGURATIONS, NO_CONFIGURATIONS),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        _language("publishedarticle"),
        _language("publishedcourse"),
        _other_words("publishedarticle", "published_articles"),
        _other_words("publishedcourse", "published_courses"),
        migrations.AddIndex(
            model_name="publishedarticle",
            index=django.contrib.postgres.indexes.GinIndex(
                SearchVector("title", config=WordsOf("language")),
                name="story_title_words",
            ),
        ),
        migrations.AddIndex(
            model_name="publishedarticle",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    Folded("title"), name="gin_trgm_ops"
                ),
                name="story_title_like",
            ),
        ),
        migrations.RemoveIndex(
            model_name="publishedarticle", name="article_title_trgm"
        ),
    ]

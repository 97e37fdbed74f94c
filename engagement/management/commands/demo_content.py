"""A newspaper to look at: all roles, stories in every state, a discussion."""

from django.core.management.base import BaseCommand

from engagement import demo
from engagement.counters import ledger, public
from publishing.demo import password, sign_ins, write_and_deliver


class Command(BaseCommand):
    help = (
        "Writes the demo content through the newsroom's own actions and delivers it. "
        "A second run changes nothing. Prints who may sign in."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--sign-ins",
            action="store_true",
            help="only print who may sign in",
        )

    def handle(self, *, sign_ins, **options):
        if not sign_ins:
            people = write_and_deliver()
            demo.write_discussion(people)
            demo.bring_readers()
            while ledger.fold():
                pass
            public.publish_counters()
        self.stdout.write(table())


def table():
    """Who may sign in, as lines of text."""
    people = sign_ins()
    wide = max(len(email) for email, *_ in people)
    lines = [f"Sign in with the password {password()}:"]
    lines += [f"  {email:<{wide}}  {name} ({role})" for email, role, name in people]
    return "\n".join(lines)

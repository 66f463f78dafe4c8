"""Starts the mail sandbox: `python -m sandboxes.mail`.

CLAIMPATH_HOST says where it listens (127.0.0.1), CLAIMPATH_SMTP_PORT for mail (8093) and
CLAIMPATH_PORT for its view (8092); CLAIMPATH_MAIL_KEEP how many messages it keeps (10000), and
CLAIMPATH_MAIL_SETTINGS how it fails (JSON).
"""

from sandboxes.http import host, number, serve, settings_from_environment
from sandboxes.mail.api import application
from sandboxes.mail.mailbox import Mailbox
from sandboxes.mail.model import Settings

MOST_KEPT = 1_000_000


def main() -> None:
    """Serve until told to end."""
    settings = settings_from_environment(Settings, "CLAIMPATH_MAIL_SETTINGS")
    mailbox = Mailbox(number("CLAIMPATH_MAIL_KEEP", 10_000, most=MOST_KEPT))
    smtp_port = number("CLAIMPATH_SMTP_PORT", 8093)
    serve(application(mailbox, settings, host(), smtp_port), default_port=8092)


if __name__ == "__main__":
    main()

"""Which mailer the settings name."""

from services.mail.file_mailer import FileMailer
from services.mail.mailer import Mailer
from services.mail.smtp_mailer import SmtpMailer, SmtpServer
from settings import Settings


def make_mailer(settings: Settings) -> Mailer:
    """Make a mailer: SMTP, or files in RUSHCART_HOME/mail."""
    if settings.smtp_url is None:
        return FileMailer(settings.home / "mail", settings.mail_from)
    return SmtpMailer(SmtpServer.parse(settings.smtp_url.get_secret_value()), settings.mail_from)

"""Notifications as a process: `python -m services.notifications`."""

import sys
from zoneinfo import ZoneInfo

from services.notifications.api import routes
from services.notifications.channels import EmailChannel
from services.notifications.courier import Courier
from services.notifications.decide import DECIDER, HEARD
from services.notifications.inbox import CUSTOMER, Inbox
from services.notifications.settings import NotificationsSettings
from services.notifications.smtp import Connections, Server
from services.notifications.templates import Texts
from shared.contracts.base import Language, Service
from shared.sealing import Opener
from shared.service import Process

settings = NotificationsSettings()
process = Process(Service.NOTIFICATIONS, settings)
company = {Language.CHINESE: settings.company_zh, Language.ENGLISH: settings.company_en}
texts = Texts(company, ZoneInfo(settings.time_zone), settings.gateway)
texts.check()

host, _, port = settings.smtp.rpartition(":")
secret = settings.smtp_password
server = Server(host, int(port), settings.smtp_user, secret.get_secret_value() if secret else None)
connections = Connections(server, settings.smtp_connections)
channel = EmailChannel(connections, settings.mail_from, company)
courier = Courier(Opener(settings.keys, Service.NOTIFICATIONS), texts, channel)

door, documents = process.door(DECIDER, indexes=[CUSTOMER], caller=courier)
process.hear([Service.INTAKE, Service.CLAIMS, Service.PAYMENTS], {fact: [door] for fact in HEARD})
sys.exit(process.serve(process.app(routes(documents, Inbox(documents), texts))))

"""Makes the database, one CA and two users when they are not there, and answers: one process, one start of Django."""

from __future__ import annotations

from django.core.management import call_command, execute_from_command_line
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

call_command("migrate", verbosity=0)
execute_from_command_line(
    ["", "init_ca", "--key-type", "EC", "--path-length", "0", "--api-enable", "TestCA", "CN=Testi CA django-ca,C=FI"]
)

from django_ca.api.utils import create_api_user  # noqa: E402  needs Django set up

create_api_user("maker", "pw-maker")
create_api_user("desk", "pw-desk", change_certificateauthority=False, sign_certificate=False)  # docs/ca-django-ca.md

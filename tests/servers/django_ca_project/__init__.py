"""The smallest Django project that runs django-ca; its folder is in the environment variable DJANGO_CA_FOLDER."""

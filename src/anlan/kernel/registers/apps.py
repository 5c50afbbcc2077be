"""Django app of the registers: what people keep of their lists. The registers themselves are tables of their domains."""

from django.apps import AppConfig


class RegistersConfig(AppConfig):
    """Saved views of lists."""

    name = "anlan.kernel.registers"
    label = "registers"

from django.apps import AppConfig


class SpacesConfig(AppConfig):
    name = "apps.spaces"
    label = "spaces"
    verbose_name = "Spaces"

    def ready(self) -> None:
        from apps.spaces import isolation

        isolation.declare()

"""What a reviewer says about entities and about claims that contradict."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext as say_in
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import Actor
from apps.desk.text import without_hidden
from apps.graph.models import Entity
from apps.memories.models import Memory

_EXCERPT = 110  # letters of a memory beside its box


class LookForm(forms.Form):
    """How far to look from an entity, and as of which day; what cannot be read is left out."""

    depth = forms.TypedChoiceField(
        label=_("How far"), required=False, coerce=int, empty_value="1",
        choices=[(1, _("one step")), (2, _("two steps"))],
    )  # fmt: skip
    as_of = forms.DateField(
        label=_("As of"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    @property
    def depth_asked(self) -> int:
        """1 or 2."""
        self.full_clean()
        return int(self.cleaned_data.get("depth") or 1)

    @property
    def moment(self) -> datetime | None:
        """The end of the day that was asked for; None for any time."""
        self.full_clean()
        day = self.cleaned_data.get("as_of")
        return datetime.combine(day, time.max, tzinfo=UTC) if day else None


class MergeForm(forms.Form):
    """The other entity, by its name; its type tells several of one name apart."""

    other = forms.CharField(
        label=_("Another name of it"),
        max_length=200,
        help_text=_(
            "As it stands in the list; with its type where several have it: customer: Halden"
        ),
    )

    def __init__(self, *args: Any, actor: Actor, entity: Entity, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._actor, self._entity = actor, entity

    def clean_other(self) -> Entity:
        """The one that is meant."""
        text = self.cleaned_data["other"]
        rows = Entity.objects.visible_to(self._actor).filter(merged_into__isnull=True)
        others = rows.exclude(pk=self._entity.group)
        kind, colon, name = text.partition(":")
        found = list(others.called(text)[:2])
        if not found and colon:
            found = list(others.called(name).filter(type=kind.strip())[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                say_in("Several are called that: say type: name.")
                if found
                else say_in("Nothing is called that.")
            )
        return found[0]


class SplitForm(forms.Form):
    """Memories that speak of another thing of the same name."""

    memories = forms.TypedMultipleChoiceField(
        label=_("Memories that mean another one"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, memories: list[Memory], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._by_id = {str(one.public_id): one for one in memories}
        field: Any = self.fields["memories"]
        field.choices = [(pk, _words(one)) for pk, one in self._by_id.items()]
        field.coerce = self._by_id.__getitem__


class DecisionForm(forms.Form):
    """A reviewer's word."""

    word = forms.ChoiceField(choices=[("accept", _("It stands")), ("reject", _("It is wrong"))])


def _words(memory: Memory) -> str:
    line = without_hidden(" ".join(memory.text.split()))
    return line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…"

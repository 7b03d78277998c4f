"""What reviewers say about proposals to canon."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ApprovalForm(forms.Form):
    """The hash of the bytes that the page showed."""

    sha256 = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)


class CommentForm(forms.Form):
    """A turn in the discussion."""

    text = forms.CharField(label=_("Comment"), widget=forms.Textarea(attrs={"rows": 3}))


class WithdrawalForm(forms.Form):
    """Why a proposal is closed; its author need not say."""

    reason = forms.CharField(
        label=_("Why"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

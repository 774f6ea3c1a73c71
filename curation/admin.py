"""The catalogue, the people and the audit in the admin; decisions have pages of their own, the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, SetUnusablePasswordMixin
from django.contrib.auth.models import Group
from django.db.models import ManyToManyField, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from curation import actions
from curation.catalogue.rows import Rejection, item_row
from curation.counters import bump
from curation.desk.audit.admin import AuditAdmin, ReadOnly
from curation.desk.policies.forms import SURFACE_SETTINGS, SurfaceForm
from curation.fusion.columns import Kind
from curation.models import (
    Attribute,
    Item,
    ItemStats,
    Member,
    MemberAttribute,
    MemberStats,
    Segment,
    Surface,
    User,
)
from curation.people.access import acting


class Kept(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that may be changed and never deleted, since what is past refers to them."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes them here."""
        return False


class Historied(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows whose history the database keeps: read at the desk, whoever made it."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the history of this row."""
        return redirect("desk:history", self.model._meta.label_lower, object_id)


class ItemForm(forms.ModelForm):  # type: ignore[type-arg]
    """An item, its attributes held to the declared schema."""

    image_url = forms.URLField(
        label=_("image"), max_length=1000, required=False, assume_scheme="https"
    )

    class Meta:
        model = Item
        fields = (
            *("source", "outside_id", "title", "description", "attributes", "provider"),
            *("image_url", "published_on", "active"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Remember which attributes there were: one that is no longer named is to go."""
        super().__init__(*args, **kwargs)
        self._had = dict.fromkeys(self.instance.attributes or {})

    def row(self) -> dict[str, Any]:
        """The form as a row of the bulk merge, which is how items are written everywhere."""
        data = self.cleaned_data
        published = data["published_on"]
        return {
            "item": data.get("outside_id") or self.instance.outside_id,
            "attributes": self._had | data["attributes"],
            "image": data["image_url"],
            "published_on": published.isoformat() if published else None,
            **{name: data[name] for name in ("title", "description", "provider", "active")},
        }

    def clean(self) -> dict[str, Any]:
        """Say here what the merge would refuse."""
        data = super().clean() or self.cleaned_data
        schema = {key: Kind(kind) for key, kind in Attribute.objects.values_list("key", "kind")}
        if not self.errors:
            try:
                item_row(self.row(), schema)
            except Rejection as rejection:
                self.add_error("attributes", rejection.text)
        return data


@admin.register(Item)
class ItemAdmin(Historied, Kept):
    """The catalogue."""

    form = ItemForm
    list_display = ("title", "outside_id", "provider", "published_on", "active")
    list_filter = ("active", "source")
    search_fields = ("title", "outside_id")
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """An item keeps the id by which it is known outside."""
        return ["source", "outside_id"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ANN401 - Django's signature
        """Write through the bulk merge, so that slates learn of the change."""
        with acting(_actor(request), "change_item", ""):
            actions.put_items([form.row()], source=obj.source)


@admin.register(Attribute)
class AttributeAdmin(Kept):
    """The schema of the items' attributes."""

    list_display = ("key", "kind", "label")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Values of the old type are stored already: an attribute keeps its type."""
        return ["key", "kind"] if obj else []


@admin.register(ItemStats)
class ItemStatsAdmin(ReadOnly):
    """What feedback says of the items."""

    list_display = (
        "of",
        "ratings",
        "mean",
        "likes",
        "dislikes",
        "clicks",
        "purchases",
        "shown",
    )
    fields = ("of", *(field.name for field in ItemStats._meta.fields if field.name != "item"))
    list_select_related = ("item",)
    search_fields = ("item__title", "item__outside_id")
    show_full_result_count = False

    @admin.display(description=_("mean rating"), ordering="mean_rating", empty_value="–")
    def mean(self, stats: ItemStats) -> str | None:
        """The mean rating, to two places."""
        return None if stats.mean_rating is None else f"{stats.mean_rating:.2f}"

    @admin.display(description=_("item"), ordering="item__title")
    def of(self, stats: ItemStats) -> str:
        """The item's title."""
        return stats.item.title


@admin.register(Member)
class MemberAdmin(Historied, ReadOnly):
    """The members; they are written by the API and by their own feedback."""

    list_display = ("outside_id", "source", "user", "simulated", "created_at")
    list_filter = ("simulated", "source")
    list_select_related = ("user",)
    search_fields = ("outside_id",)
    show_full_result_count = False


@admin.register(Segment)
class SegmentAdmin(Historied, ReadOnly):
    """Named sets of members; the desk is where they are written."""

    list_display = ("name", "slug", "kind", "archived_at")
    list_filter = ("kind",)


@admin.register(MemberAttribute)
class MemberAttributeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The schema of the members' attributes, for segments to ask."""

    list_display = ("key", "kind", "label")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Segments and decisions name an attribute by its key, and compare with values of its type."""
        return ["key", "kind"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ANN401 - Django's signature
        """What decisions ask of members is read anew."""
        super().save_model(request, obj, form, change)
        bump("catalogue")

    def delete_model(self, request: HttpRequest, obj: MemberAttribute) -> None:
        """A decision that asks for it holds for nobody from now on."""
        super().delete_model(request, obj)
        bump("catalogue")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[MemberAttribute]) -> None:
        """The same of several."""
        super().delete_queryset(request, queryset)
        bump("catalogue")


@admin.register(MemberStats)
class MemberStatsAdmin(ReadOnly):
    """What feedback says of the members."""

    list_display = ("subject", "ratings", "last_at")
    fields = ("subject", "ratings", "features", "hours", "weekdays", "last_at")
    search_fields = ("=subject",)
    show_full_result_count = False


@admin.register(Surface)
class SurfaceAdmin(Historied, Kept):
    """The surfaces and their settings."""

    list_display = ("name", "slug", "kind", "depth")
    form = SurfaceForm
    fields = ("slug", "kind", *SURFACE_SETTINGS, "version")
    readonly_fields = ("slug", "kind")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Surfaces come with the pages and clients that show them."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ANN401 - Django's signature
        """Change the settings in a new version of the policy."""
        settings = {name: form.cleaned_data[name] for name in SURFACE_SETTINGS}
        seen = {"surface": obj, "version": form.cleaned_data["version"]}
        actions.change_surface(actor=_actor(request), settings=settings, **seen)


# A group is a role: its name is the product's, and who is in it is set on the user's page.
admin.site.unregister(Group)


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Django's; half of its help is English in every language, so that half is written here."""

    usable_password_help_text = format_lazy(  # type: ignore[assignment]  # read when it is shown
        '{} <ul id="id_unusable_warning" class="messagelist"><li class="warning">{}</li></ul>',
        SetUnusablePasswordMixin.usable_password_help_text,
        _("If you switch it off, the present password is lost."),
    )


@admin.register(User)
class TandemUserAdmin(Historied, UserAdmin):  # type: ignore[type-arg]
    """The people who sign in, and their roles."""

    change_password_form = PasswordForm
    list_display = ("username", "email", "is_staff", "is_active", "last_login")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "language", "time_zone")}),
        (_("Roles"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )

    filter_horizontal = ()

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField[Any] | None:
        """Roles are few: boxes to tick, which need no script."""
        return super().formfield_for_manytomany(
            db_field, request, **kwargs | {"widget": forms.CheckboxSelectMultiple}
        )

    def get_fieldsets(  # type: ignore[override]
        self, request: HttpRequest, obj: User | None = None
    ) -> tuple[object, ...]:
        """Show the password, and the way to another one, to those alone who may set it."""
        shown = tuple(super().get_fieldsets(request, obj))
        if obj is None or self.has_change_permission(request, obj):
            return shown
        return ((None, {"fields": ("username",)}), *shown[1:])

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Have the audit know who changes people and their roles."""
        with acting(_actor(request), "change_user", ""):
            return super().changeform_view(request, *args, **kwargs)


for _name in ("Decision", "Revision", "PolicyVersion", "Block", "Segment", "Surface"):
    admin.site.register(apps.get_model("curation", f"{_name}Event"), AuditAdmin)


def _actor(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the admin lets nobody through who is not signed in")
    return request.user

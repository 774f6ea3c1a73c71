"""Hold slates against what is expected of them, and fail where one that stops is not met."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from curation.bodies.references import change_set_named
from curation.models import ExpectationReport
from curation.policies import fulfilment
from curation.policies.fulfilment import Target
from curation.problems import Invalid
from recsys.expectations import checks as expectation_checks
from recsys.expectations import worker as expecting
from recsys.models import ExpectationCheck, Job, ModelVersion


class Command(BaseCommand):
    """`manage.py check_expectations`: done by this process, so that no worker need run; nothing goes live."""

    help = (
        "Fuses slates as they stand, with the drafts of a change set, or with a model version, and holds them "
        "against the expectations. Ends with status 1 where one that stops a publish is not met; one that has "
        "nobody to check is told apart."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare against what, and in which shape it is told."""
        target = parser.add_mutually_exclusive_group()
        target.add_argument("--change-set", help="the name of an open change set, or its id")
        target.add_argument("--model-version", help="the id of a model version, or FAMILY:NUMBER")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it and tell."""
        try:
            report = checked(_target(options["change_set"], options["model_version"]))
        except Invalid as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["format"] == "json":
            told = json.dumps(_as_json(report), ensure_ascii=False, indent=2, sort_keys=True)
            self.stdout.write(told)
        else:
            self._tell(report)
        if any(each["blocks"] and _is_wanting(each) for each in report.results):
            raise SystemExit(1)

    def _tell(self, report: ExpectationReport) -> None:
        for line in _lines(report):
            self.stdout.write(line)
        if not report.results:
            self.stdout.write("nothing is expected")


def checked(target: Target) -> ExpectationReport:
    """The report of a check that this process does, and of no other; raises CommandError where that fails."""
    asked = expectation_checks.request_check(target, by_worker=False)
    check = (
        asked
        or ExpectationCheck.objects.filter(
            change_set=target.change_set, version=target.version, state=Job.State.QUEUED
        ).first()
    )
    if check is not None:
        expecting.execute(check.pk)
        check.refresh_from_db()
    if check is None or check.state == Job.State.RUNNING:
        raise CommandError("A worker is checking just that; try again in a moment.")
    if check.report is None:
        raise CommandError(f"{check.get_state_display()}. {check.error}")
    return check.report


def _target(change_set: str | None, version: str | None) -> Target:
    if change_set:
        return Target(change_set=change_set_named(change_set))
    return Target(version=_version(version).pk) if version else Target()


def _version(name: str) -> ModelVersion:
    family, _, number = name.rpartition(":")
    try:
        wanted = {"family": family, "number": int(number)} if family else {"pk": UUID(name)}
    except ValueError as error:
        raise CommandError(f"{name} names no model version") from error
    found = ModelVersion.objects.filter(**wanted).first()
    if found is None:
        raise CommandError(f"there is no model version {name}")
    return found


def _lines(report: ExpectationReport) -> Iterator[str]:
    for each in report.results:
        state = fulfilment.state_of(each)
        effect = "stops" if each["blocks"] else "warns"
        failed = [slate for slate in each["slates"] if not slate["met"]]
        count = (
            f"{len(failed)} of {each['people']} slates" if failed else f"{each['people']} slates"
        )
        why = each["error"] or ("nobody to check" if state == "empty" else count)
        yield f"{state:<10} {effect} {each['name']} ({each['surface']}): {why}"
        for slate in failed:
            shown = ", ".join(f"{told['slot']} {told['title']}" for told in slate["told"])
            yield f"           {_whom(slate['whom'])}: {slate['held']} held; {shown or 'see above'}"


def _is_wanting(result: Mapping[str, Any]) -> bool:
    return fulfilment.state_of(result) in ("unmet", "unreadable")


def _whom(whom: Mapping[str, str]) -> str:
    return " ".join(whom[name] for name in ("kind", "segment", "subject") if name in whom)


def _as_json(report: ExpectationReport) -> dict[str, Any]:
    return {
        "checked_at": report.checked_at.isoformat(),
        "instant": report.instant.isoformat(),
        "basis": report.basis,
        "results": report.results,
    }

"""What a subscription may be asked for, and what may be approved: pure of the page it is asked on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

from anlan.kernel import clock
from anlan.kernel.loops.declaration import Verdict
from anlan.kernel.loops.taking import Taking
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.listing import Listing
from anlan.kernel.scope import NOBODY, Grant
from anlan.kernel.scope.actor import PERSONAL, Actor
from anlan.kernel.sharing.catalogue import DataSet, data_set_named, is_masked
from anlan.kernel.sharing.models import Subscription
from anlan.kernel.sharing.pacing import FILE_CHANNELS, LIVE
from anlan.kernel.words import Words

LONGEST = timedelta(days=366)
_NO_SET = Words("没有这个数据集。", "There is no such data set.")
_NO_FIELDS = Words("至少选一个字段。", "Choose at least one field.")
_NO_FIELD = Words(
    "数据集没有字段 {n}，或该字段不可共享。", "The data set has no field {n}, or it is not shared."
)
_FILTER = Words(
    "不能按 {n} 筛选：字段未申请、要脱敏或不是筛选项。",
    "Cannot filter by {n}: not asked for, masked, or no filter.",
)
_CLEAR = Words("{n} 没有申请，或本来就原样给出。", "{n} was not asked for, or is given in clear anyway.")
_CHANNEL = Words(
    "文件按小时、天或周生成，不能选“随时”。", "Files are made hourly, daily or weekly, not at any time."
)
_BEYOND_CLEAR = Words(
    "原样给出个人信息或自由文本，须由能看个人信息的岗位同意。",
    "Only a post that may see personal data grants such fields in clear.",
)
_WRONG_FILTER = Words("筛选条件无效。", "This filter is not valid.")
_UNTIL = Words("有效期从明天起，最长一年。", "Valid from tomorrow on, for a year at most.")
_NO_OWNER = Words(
    "这个地区没有归属部门，无法审批。", "No department here owns the data, so nobody could decide."
)
_OWNER = Words("须由数据归属部门审批。", "The department the data belong to decides.")
_BEYOND = Words("申请的范围超出您的管辖范围：{n}。", "What is asked for goes beyond your own scope: {n_en}.")


def request_is_sound(taking: Taking) -> Verdict:
    """The data set, its fields, its filter, the last day, and somebody to decide."""
    row: Subscription = taking.row
    found = data_set_named(row.data_set)
    if found is None:
        return Verdict({"data_set": [_NO_SET]})
    faults: dict[str, list[Words]] = {}
    slug, _, _names = row.fields.partition(":")
    unknown = [name for name in row.field_names if found.field(name) is None]
    if slug != row.data_set or not row.field_names:
        faults["fields"] = [_NO_FIELDS]
    elif unknown:
        faults["fields"] = [_NO_FIELD.filled(n=name) for name in unknown[:5]]
    else:
        faults |= filter_faults(found, row)
    strange = [name for name in row.clear_names if not _may_be_cleared(found, row, name)]
    if strange and not faults:
        faults["clear_fields"] = [_CLEAR.filled(n=name) for name in strange[:5]]
    if row.channel in FILE_CHANNELS and row.frequency == LIVE:
        faults["frequency"] = [_CHANNEL]
    if not clock.today() < row.valid_until <= clock.today() + LONGEST:
        faults["valid_until"] = [_UNTIL]
    if row.regulator_id is None:
        faults["territory"] = [_NO_OWNER]
    return Verdict(faults)


def _may_be_cleared(found: DataSet, row: Subscription, name: str) -> bool:
    spec = found.field(name)
    return spec is not None and is_masked(spec) and name in row.field_names


def filter_faults(found: DataSet, row: Subscription) -> dict[str, list[Words]]:
    """Return what is wrong with the filter: one by a field that is hidden would tell what is hidden."""
    params = params_of(row.condition)
    if row.condition and not params:
        return {"condition": [_WRONG_FILTER]}
    allowed = filters_of(found, row)
    strange = [name for name in params if name not in allowed]
    if strange:
        return {"condition": [_FILTER.filled(n=name) for name in strange[:5]]}
    try:
        Listing(found.model, NOBODY, found.facets, (), "updated_at").condition(params)
    except Invalid as fault:
        found_faults = [reason for reasons in fault.errors.values() for reason in reasons]
        return {"condition": [one if isinstance(one, Words) else Words(one, one) for one in found_faults]}
    return {}


def filters_of(found: DataSet, row: Subscription) -> set[str]:
    """Return the parameters by which rows may be narrowed: filters of the list on fields that are given in the clear."""
    specs = [spec for name in row.field_names if (spec := found.field(name)) is not None]
    clear = {spec.name for spec in specs if not is_masked(spec)} & set(found.facets)
    return {name + end for name in clear for end in ("", "_from", "_to")}


def params_of(condition: str) -> dict[str, list[str]]:
    """Return a filter as the list language reads it; empty if it cannot be read."""
    try:
        return parse_qs(condition.lstrip("?"), max_num_fields=40, strict_parsing=bool(condition))
    except ValueError:
        return {}


def approval_is_theirs(taking: Taking) -> Verdict:
    """The owner decides, and gives nothing it does not itself see."""
    row: Subscription = taking.row
    if row.regulator_id not in taking.actor.party_ids:
        return Verdict({"": [_OWNER]})
    faults = dict(request_is_sound(taking).faults)
    if not faults:
        beyond = [
            grant for grant in grants_of(row) if not any(_holds(own, grant) for own in taking.actor.grants)
        ]
        if beyond:
            words = row.territory
            faults[""] = [_BEYOND.filled(n=words.name, n_en=words.name_en or words.name)]
        elif row.clear_names and not _may_grant_clear(taking.actor, row):
            faults[""] = [_BEYOND_CLEAR]
    return Verdict(faults)


def grants_of(row: Subscription) -> list[Grant]:
    """Return the grants of a subscription: to see rows of one domain, under its place, up to its sensitivity."""
    found = data_set_named(row.data_set)
    if found is None:
        return []
    return [
        Grant(path, row.of_sector or None, found.domain, min(row.sensitivity, PERSONAL), act=False)
        for path in row.territory.prefixes()
    ]


def _may_grant_clear(actor: Actor, row: Subscription) -> bool:
    asked = [replace(grant, ceiling=PERSONAL) for grant in grants_of(row)]
    return all(any(_holds(own, grant) for own in actor.grants) for grant in asked)


def _holds(own: Grant, asked: Grant) -> bool:
    """Say whether a grant reaches all that another asks for."""
    return (
        asked.path.startswith(own.path)
        and own.sector in (None, asked.sector)
        and own.domain in (None, asked.domain)
        and asked.ceiling <= own.ceiling
    )

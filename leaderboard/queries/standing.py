"""Where a submission stands towards its readers: who may see it, whether it was taken back."""

from __future__ import annotations

from typing import Any

from leaderboard.access import may_change, visible
from leaderboard.models import Attempt, Submission
from leaderboard.records import Standing

from .lists import domain_title


def submission(submission_id: str, user: Any) -> Submission:
    """The row itself, for a verb; `Submission.DoesNotExist` for one that is unknown to `user`."""
    return Submission.objects.get(visible(user), pk=submission_id)


def standing(submission_id: str, user: Any) -> Standing:
    """`Submission.DoesNotExist` for one that is unknown to `user`. Two queries, one more for a
    member of its team."""
    found = Submission.objects.select_related("owner", "team").defer("recipe", "recipe_text")
    row = found.get(visible(user), pk=submission_id)
    team = row.team
    return Standing(
        submission_id=row.pk,
        name=row.name,
        owner=row.owner.get_username(),
        team=team.slug if team else "",
        team_name=team.name if team else "",
        domain=row.domain,
        domain_title=domain_title(row.domain),
        visibility=row.visibility,
        queued=Attempt.objects.filter(submission=row, current=True).exists(),
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
        flagged_reason=row.flagged_reason,
        created=row.created,
        may_change=may_change(user, row),
    )

"""What every family must hold. A test file subclasses it once per family."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

import numpy as np
import pytest

from recsys.ml import artifact
from recsys.ml.data.interactions import History, Interactions, Vocabulary
from recsys.ml.families import registry
from recsys.ml.families.options import TrainingOptions
from recsys.ml.scorer import Cancelled, Scorer, Training, Untrainable
from recsys.ml.tuning import refolded
from tests.recsys.ml.two_tastes import (
    CATALOGUE,
    DAY,
    ITEMS,
    LEFT,
    NOW,
    RIGHT,
    UNSEEN,
    best,
    history,
    world,
)

FACTS = artifact.Facts("2024-05-01T00:00:00+00:00", "test")
TRAINING = Training(TrainingOptions(seed=7, device="cpu"))
FITTED: dict[str, Scorer] = {}


class ScorerContract:
    """``family`` and ``parameters`` say what is fitted.

    ``personal``: a history moves scores; ``sequential``: it learns what comes after what.
    """

    family: ClassVar[str]
    parameters: ClassVar[dict[str, Any]] = {}
    personal: ClassVar[bool] = False
    sequential: ClassVar[bool] = False

    def fit(
        self,
        interactions: Interactions | None = None,
        catalogue: Vocabulary = CATALOGUE,
        training: Training = TRAINING,
        **changed: Any,
    ) -> Scorer:
        config = registry.parse_config(self.family, self.parameters | changed)
        rows = world() if interactions is None else interactions
        return registry.learner_of(self.family)(config, rows, catalogue, training)

    @pytest.fixture
    def scorer(self) -> Scorer:
        """The family fitted to the whole world, once for all tests of the family."""
        if self.family not in FITTED:
            FITTED[self.family] = self.fit()
        return FITTED[self.family]

    def test_scores_have_a_row_for_each_member_and_a_column_for_each_item(self, scorer):
        scores = scorer.score([history(LEFT[0]), history(RIGHT[0])], CATALOGUE)
        assert scores.shape == (2, len(CATALOGUE))
        assert scores.dtype == np.float32

    def test_an_item_unseen_in_training_is_unknown_not_zero(self, scorer):
        row = scorer.score([history(LEFT[0])], CATALOGUE)[0]
        unseen = CATALOGUE.places[UNSEEN]
        assert np.isnan(row[unseen])
        assert not np.isnan(np.delete(row, unseen)).any()

    def test_an_item_that_left_the_catalogue_is_not_learnt(self):
        left_over = Vocabulary.of(ITEMS[1:])
        scorer = self.fit(catalogue=left_over)
        assert ITEMS[0] not in scorer.items

    def test_a_member_without_history_is_unknown(self, scorer):
        row = scorer.score([History.of(())], CATALOGUE)[0]
        assert np.isnan(row).all() == self.personal

    def test_a_history_of_unknown_items_says_nothing(self, scorer):
        row = scorer.score([history(UNSEEN)], CATALOGUE)[0]
        assert np.isnan(row).all() == self.personal

    def test_folding_in_equals_scoring_a_member_of_the_training(self, scorer):
        rows = world()
        member = rows.member_ids.ids[5]
        trained = rows.history(member)
        typed = History.of(
            zip(trained.items, trained.values.tolist(), trained.times.tolist(), strict=True)
        )
        both = scorer.score([trained, typed], CATALOGUE)
        np.testing.assert_array_equal(both[0], both[1])

    def test_a_batch_scores_as_its_members_alone(self, scorer):
        members = [history(LEFT[0]), history(RIGHT[1], LEFT[2]), history(*RIGHT)]
        together = scorer.score(members, CATALOGUE)
        alone = np.concatenate([scorer.score([each], CATALOGUE) for each in members])
        np.testing.assert_array_equal(together, alone)

    def test_the_order_of_the_catalogue_does_not_matter(self, scorer):
        turned = Vocabulary.of(reversed(CATALOGUE.ids))
        row = scorer.score([history(LEFT[0])], CATALOGUE)
        np.testing.assert_array_equal(scorer.score([history(LEFT[0])], turned)[:, ::-1], row)

    def test_an_explanation_adds_up_to_the_score(self, scorer):
        member = history(LEFT[0], RIGHT[1], LEFT[2])
        for item in (LEFT[4], RIGHT[3], LEFT[0]):
            told = scorer.explain(member, item)
            assert told is not None
            total = told.base + sum(share for _, share in told.contributions)
            score = scorer.score([member], CATALOGUE)[0, CATALOGUE.places[item]]
            assert total == pytest.approx(float(score), abs=1e-5)

    def test_an_explanation_names_items_of_the_history(self, scorer):
        told = scorer.explain(history(LEFT[0], UNSEEN), LEFT[4])
        assert told is not None
        assert [item for item, _ in told.contributions] == ([LEFT[0]] if self.personal else [])

    def test_an_unknown_score_has_no_explanation(self, scorer):
        assert scorer.explain(history(LEFT[0]), UNSEEN) is None

    def test_an_artifact_scores_as_what_was_saved(self, scorer, tmp_path):
        digest = artifact.save(tmp_path / "model", scorer, FACTS)
        loaded = artifact.load(tmp_path / "model", digest)
        members = [history(LEFT[0], RIGHT[1]), history(*LEFT), History.of(())]
        np.testing.assert_array_equal(
            loaded.score(members, CATALOGUE), scorer.score(members, CATALOGUE)
        )
        assert loaded.config == scorer.config
        assert loaded.explain(members[0], LEFT[3]) == scorer.explain(members[0], LEFT[3])

    def test_the_same_seed_gives_the_same_model(self, scorer):
        again = self.fit()
        for name, array in again.arrays().items():
            np.testing.assert_array_equal(array, scorer.arrays()[name])

    def test_the_order_of_rows_does_not_matter(self, scorer):
        rows = world()
        turned = Interactions.of(
            rows.member_ids.at(rows.members[::-1]),
            rows.item_ids.at(rows.items[::-1]),
            rows.values[::-1],
            rows.times[::-1],
        )
        for name, array in self.fit(turned).arrays().items():
            np.testing.assert_array_equal(array, scorer.arrays()[name])

    def test_one_member_with_two_items_is_enough(self):
        rows = Interactions.of(["m", "m"], list(ITEMS[:2]), [1.0, 1.0], [NOW, NOW + DAY])
        row = self.fit(rows).score([history(ITEMS[0])], CATALOGUE)[0]
        assert np.isfinite(row[CATALOGUE.indexes(ITEMS[:2])]).all()

    def test_rows_that_are_all_alike_do_no_harm(self):
        members = [str(at) for at in range(9) for _ in range(3)]
        rows = Interactions.of(members, list(ITEMS[:3]) * 9, [1.0] * 27, [NOW] * 27)
        row = self.fit(rows).score([history(ITEMS[0])], CATALOGUE)[0]
        assert np.isfinite(row[CATALOGUE.indexes(ITEMS[:3])]).all()

    def test_a_single_item_gives_a_model_or_a_reason(self):
        rows = Interactions.of(["a", "b"], [ITEMS[0]] * 2, [1.0, 1.0], [NOW, NOW + DAY])
        if self.sequential:
            with pytest.raises(Untrainable, match="no member has two interactions"):
                self.fit(rows)
        else:
            row = self.fit(rows).score([history(ITEMS[0])], CATALOGUE)[0]
            assert np.isfinite(row[CATALOGUE.places[ITEMS[0]]])

    def test_ratings_that_are_all_so_so_do_no_harm(self):
        rows = world()
        alike = Interactions.of(
            rows.member_ids.at(rows.members),
            rows.item_ids.at(rows.items),
            np.full(len(rows), 0.5, np.float32),
            rows.times,
        )
        row = self.fit(alike).score([history(LEFT[0], reward=0.5)], CATALOGUE)[0]
        assert np.isfinite(row[CATALOGUE.indexes(ITEMS)]).all()

    def test_the_arrays_of_another_catalogue_are_refused(self, scorer, tmp_path):
        artifact.save(tmp_path / "model", scorer, FACTS)
        told = artifact.manifest(tmp_path / "model")
        items = tmp_path / "model" / artifact.ITEMS
        items.write_text(json.dumps([str(each) for each in scorer.items.ids[:3]]))
        told["sha256"][items.name] = hashlib.sha256(items.read_bytes()).hexdigest()
        (tmp_path / "model" / artifact.MANIFEST).write_text(json.dumps(told))
        with pytest.raises(artifact.CorruptArtifact, match="does not describe a model"):
            artifact.load(tmp_path / "model")

    def test_the_arrays_of_another_family_are_refused(self, scorer):
        with pytest.raises((KeyError, ValueError)):
            type(scorer).restore(scorer.config, scorer.items, {"strange": np.zeros(3)})

    def test_nothing_to_learn_is_said(self):
        rows = Interactions.of(["m"], [ITEMS[0]], [0.0], [NOW])
        with pytest.raises(Untrainable, match="none of 1 items"):
            self.fit(rows)

    def test_no_interactions_at_all_is_said(self):
        with pytest.raises(Untrainable, match="none of 0 items"):
            self.fit(Interactions.of([], [], [], []))

    def test_a_cancel_stops_the_fit_at_its_next_step(self):
        steps = []

        def cancel(stage: str, done: int, total: int, metrics: Any = None) -> None:
            steps.append(stage)
            raise Cancelled

        with pytest.raises(Cancelled):
            self.fit(training=Training(TrainingOptions(device="cpu"), cancel))
        assert len(steps) == 1

    def test_progress_ends_at_its_total(self):
        told = []
        self.fit(
            training=Training(
                TrainingOptions(device="cpu"),
                lambda stage, done, total, metrics=None: told.append((stage, done, total)),
            )
        )
        assert all(0 <= done <= total for _, done, total in told)
        assert told[-1][1] == told[-1][2]


class PersonalScorerContract(ScorerContract):
    """What a family must hold besides, if a member's history moves its scores."""

    personal = True

    @pytest.mark.parametrize("half", [LEFT, RIGHT])
    def test_each_taste_is_offered_its_own_half(self, scorer, half):
        row = scorer.score([history(*half[:3])], CATALOGUE)[0]
        other = RIGHT if half is LEFT else LEFT
        assert best(row, *half[:3]) in half
        own_rest = row[CATALOGUE.indexes(half[3:])]
        assert own_rest.min() > row[CATALOGUE.indexes(other)].max()

    def test_what_was_done_last_counts_most(self, scorer):
        left_last = scorer.score([history(RIGHT[0], LEFT[0])], CATALOGUE)[0]
        right_last = scorer.score([history(LEFT[0], RIGHT[0])], CATALOGUE)[0]
        left, right = CATALOGUE.indexes(LEFT[1:]), CATALOGUE.indexes(RIGHT[1:])
        assert left_last[left].mean() > right_last[left].mean()
        assert left_last[right].mean() < right_last[right].mean()

    def test_what_was_done_days_before_can_be_made_to_fade(self, scorer):
        fading = refolded(scorer, daily_decay=0.1)
        member = history(LEFT[0], RIGHT[0])
        before, after = (each.score([member], CATALOGUE)[0] for each in (scorer, fading))
        left, right = CATALOGUE.indexes(LEFT[1:]), CATALOGUE.indexes(RIGHT[1:])
        assert after[left].mean() < before[left].mean()
        assert after[right].mean() >= before[right].mean() - 1e-6

    def test_a_dislike_is_never_a_like(self):
        scorer = self.fit(dislike=0.0)
        assert np.isnan(scorer.score([history(LEFT[0], reward=0.0)], CATALOGUE)).all()

    def test_a_dislike_speaks_against_similar_items(self):
        scorer = self.fit(dislike=0.5)
        liked = scorer.score([history(LEFT[0])], CATALOGUE)[0]
        disliked = scorer.score([history(LEFT[0], reward=0.0)], CATALOGUE)[0]
        rest = CATALOGUE.indexes(LEFT[1:])
        assert disliked[rest].max() < liked[rest].min()

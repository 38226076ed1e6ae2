"""Our lm-eval model: a causal language model with length-sorted batches and a key-value cache.

What is asked twice is computed once: identical prompts, a beginning that prompts share, greedy
samples. Prompts are sorted by length and then by tokens, and no row sees another's tokens; so
neither the order of the items nor the batch size decides an answer. What is left is the last bits
of a float, which depend on a batch's shape: log-likelihoods are rounded to 4 digits, and a near tie
between two tokens may fall otherwise far into a rambling text. (Tests vary batch size and order on
a tiny model; `make bench-evaluator` compares verdicts with lm-eval's own model and `generate`.)

The published finance evaluator, for generation: 4-bit base, batches of 32 padded to the longest,
`max_length=512` in all, the model's own generation config, the tokenizer's end token. Two things
of it are not reproduced, because there they make an answer depend on who shares the batch: room is
counted an item, not from the batch's longest prompt; and rows are padded on the left, whatever
side the tokenizer says (on the right, a model would continue from the padding). The `[PAD]` token
that it adds where there is none is not needed: padding is masked here, and was dropped in decoding
there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from federated.model import Loaded

from ..errors import EngineError
from ..progress import OnItems, nobody
from ..suites import SEED
from . import generation, sampling
from .batching import batches
from .codec import Codec, Continuation, Key
from .completion import Choose, Rule, Start, complete
from .decoding import Ids, Prefix, score, shared_prefix
from .narrow import narrow
from .parallel import cores, side_by_side
from .stopping import Stops

DIGITS = 4

TOKENS = 1024
"""Rows times width of a batch on a CPU, where memory that fits the caches is faster."""

SHORT = 4
"""New tokens up to which writing is nearly all reading."""

Options = dict[Key, dict[Key, None]]
"""By prefix, the tokens of what may follow it, each once."""

Scores = dict[Continuation, tuple[float, bool]]


class CausalLM(LM):  # type: ignore[misc]
    """A loaded model answering lm-eval's requests."""

    def __init__(self, loaded: Loaded, batch_size: int, on_items: OnItems = nobody) -> None:
        super().__init__()
        self.model, self.device_name = loaded.model, loaded.device
        narrow(self.model)
        self.codec = Codec(loaded.tokenizer, loaded.model.config)
        self.batch_size, self.on_items = batch_size, on_items
        self.workers, self._telling = cores(self.model, self.device_name), Lock()

    @property
    def _budget(self) -> int | None:
        """Tokens of a batch; a GPU takes as many as its rows have."""
        return TOKENS if self.device_name == "cpu" else None

    def _rows(self, n: int, most: int) -> int:
        """Rows of a batch, so that no worker of ours goes without one."""
        return max(1, min(most, -(-n // self.workers)))

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Sum of log-probabilities of each continuation, and whether greedy decoding writes it."""
        asked = self.codec.continuations([request.args[:2] for request in requests])
        options: Options = {}
        for each in asked:
            options.setdefault(each.prefix, {})[each.tokens] = None
        pairs = zip(requests, asked, strict=True)
        items = Counter(each.prefix for request, each in pairs if request.idx == 0)
        found: Scores = {}
        for scores in self._scores(options):
            found |= scores
            self._tell(sum(items[prefix] for prefix in {each.prefix for each in scores}))
        return [found[each] for each in asked]

    def _scores(self, options: Options) -> Iterator[Scores]:
        """What is asked of each prefix, batch by batch."""
        shared = shared_prefix(self.model, list(options), self.device_name)
        # Each option longer than a token becomes a row of its own.
        longer = max((sum(len(t) > 1 for t in own) for own in options.values()), default=0)
        rows = self._rows(len(options), self.batch_size // max(1, longer))
        parts = batches(options, rows, len, self._budget)
        return side_by_side(lambda part: self._score(part, options, shared), parts, self.workers)

    def _score(self, prefixes: Sequence[Key], options: Options, shared: Prefix | None) -> Scores:
        asked = [(i, tokens) for i, prefix in enumerate(prefixes) for tokens in options[prefix]]
        scores = score(self.model, prefixes, asked, self.device_name, shared)
        return {
            Continuation(prefixes[i], tokens): (round(value, DIGITS), greedy)
            for (i, tokens), (value, greedy) in zip(asked, scores, strict=True)
        }

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """What the model writes after each context; `generation` says what may be asked.

        A request that stands there several times asks for as many samples of its text.
        """
        if not requests:
            return []
        wish = generation.read([request.args[1] for request in requests])
        stops = Stops(wish.until, self.codec)
        config = wish.config(self.model.generation_config)
        prompts = self.codec.encode(request.args[0] for request in requests)
        starts, items = self._starts(requests, prompts, wish, bool(config.do_sample))
        rule = Rule(self.codec.ends(wish.until), self._on_text(wish.settled), stops.rule())
        found = self._complete(items, rule, sampling.chooser(config, SEED))
        pairs = zip(requests, starts, strict=True)
        if wish.echo:
            return [stops.whole(prompts[r.args[0]], start, found[start]) for r, start in pairs]
        return [stops.rest(start, found[start]) for start in starts]

    def _starts(
        self,
        requests: Sequence[Instance],
        prompts: Mapping[str, Key],
        wish: generation.Wish,
        several: bool,
    ) -> tuple[list[Start], Counter[Start]]:
        """Where each request's text starts, and how many items each start stands for.

        Without `several`, all samples of a text are one.
        """
        seen: Counter[int] = Counter()
        starts: list[Start] = []
        items: Counter[Start] = Counter()
        for request in requests:
            sample = seen[id(request)]
            seen[id(request)] += 1
            start = wish.start(prompts[request.args[0]], request.doc, self.codec)
            starts.append(start._replace(sample=sample if several else 0))
            items[starts[-1]] += sample == 0
        return starts, items

    def _complete(self, items: Counter[Start], rule: Rule, choose: Choose) -> dict[Start, Ids]:
        prompts = list(dict.fromkeys(start.prompt for start in items))
        shared = shared_prefix(self.model, prompts, self.device_name)
        # A long text is written faster in a wide batch; a short one is nearly all reading.
        short = all(start.limit - len(start.prompt) <= SHORT for start in items)
        tokens = self._budget if short else None
        rows = self._rows(len(items), self.batch_size)
        parts = batches(items, rows, lambda start: len(start.prompt), tokens)

        def write(starts: list[Start]) -> dict[Start, Ids]:
            done = self._counter([items[start] for start in starts])
            alive = self._alive(choose)
            rows = complete(self.model, starts, rule, alive, self.device_name, done, shared)
            return dict(zip(starts, rows, strict=True))

        found: dict[Start, Ids] = {}
        for written in side_by_side(write, parts, self.workers):
            found |= written
        return found

    def _counter(self, counts: Sequence[int]) -> Callable[[int], None]:
        """Tells how many items a finished row of a batch stands for."""
        return lambda row: self._tell(counts[row])

    def _alive(self, choose: Choose) -> Choose:
        """`choose`, with a sign of life at every token."""

        def chosen(logits: Any, rows: Sequence[Ids], samples: Sequence[int]) -> list[int]:
            self._tell(0)
            return choose(logits, rows, samples)

        return chosen

    def _tell(self, finished: int) -> None:
        """Batches run side by side; whoever listens hears one at a time."""
        with self._telling:
            self.on_items(finished)

    def _on_text(self, settled: Callable[[str], bool] | None) -> Callable[[Ids], bool] | None:
        if settled is None:
            return None
        return lambda row: settled(self.codec.decode(row))

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """Not asked by any task here."""
        raise EngineError("Perplexity tasks are not supported.")

    def read_back(self, text: str) -> str:
        """A text after a round through the tokenizer, which may not give back every byte."""
        return self.codec.decode(self.codec.encode([text])[text])

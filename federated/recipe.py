"""The recipe: what a person submits to be trained and evaluated, as one schema.

The schema feeds the form, the commands, the engine and the documentation. Every default is the
FlowerTune LLM Leaderboard template's value unless its description says otherwise. Light: no torch.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    field_validator,
    model_validator,
)

from .domains import DOMAINS
from .methods import METHODS, Cohort, Parameters
from .naming import unknown


class Section(BaseModel):
    """A table of the recipe: immutable, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Base(Section):
    """The pretrained model that is tuned."""

    model: str = Field(
        "mistralai/Mistral-7B-v0.3",
        title="Base model",
        max_length=120,
        pattern=r"^[\w.-]+/[\w.-]+$",
        description="Hub id of a causal language model.",
    )
    revision: str = Field(
        "main",
        title="Revision",
        max_length=80,
        pattern=r"^[\w./-]+$",
        description="Branch, tag or commit; pinned to a commit when the run is queued.",
    )
    quantization: Literal["none", "4bit", "8bit"] = Field(
        "4bit",
        title="Quantisation",
        description="Bits of the frozen base. Needs CUDA; a CPU run loads the base unquantised "
        "and says so in its record.",
    )
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        title="Number format",
        description="auto: bfloat16 on CUDA, float32 on a CPU.",
    )
    gradient_checkpointing: bool = Field(
        True,
        title="Gradient checkpointing",
        description="Recompute activations to save memory; the result is the same. "
        "Used on CUDA only.",
    )


class Lora(Section):
    """The low-rank adapter that clients train and exchange (Hu et al., arXiv:2106.09685)."""

    rank: int = Field(32, ge=1, le=1024, title="Rank", description="Rank r of each update B·A.")
    alpha: float = Field(
        64, gt=0, le=4096, title="Alpha", description="The update is scaled by alpha / rank."
    )
    dropout: float = Field(
        0.075, ge=0, lt=1, title="Dropout", description="On the adapter's input, in training."
    )
    targets: tuple[str, ...] = Field(
        ("q_proj", "v_proj"),
        min_length=1,
        max_length=32,
        title="Target modules",
        description="Names of the linear layers that get an adapter.",
    )

    @field_validator("targets")
    @classmethod
    def _plain_names(cls, targets: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [name for name in targets if not name.isidentifier()]
        if wrong:
            raise ValueError(f"module names are plain words such as q_proj, found {wrong[0]!r}")
        return targets


class Train(Section):
    """The federation's schedule and one client's local work."""

    rounds: int = Field(200, ge=1, le=10_000, title="Rounds", description="Communication rounds.")
    fraction: float | None = Field(
        None,
        gt=0,
        le=1,
        title="Client fraction",
        description="Share of the clients that train in a round. Empty: the domain's.",
    )
    local_steps: int = Field(
        10,
        ge=1,
        le=100_000,
        title="Local steps",
        description="Optimiser steps of a client a round.",
    )
    batch_size: int = Field(
        16, ge=1, le=1024, title="Batch size", description="Examples in one optimiser step."
    )
    sequence_length: int = Field(
        512, ge=16, le=131_072, title="Sequence length", description="Longest example, in tokens."
    )
    learning_rate_max: float = Field(
        5e-5,
        gt=0,
        le=1,
        title="Highest learning rate",
        description="Start of the cosine over rounds; constant inside a round.",
    )
    learning_rate_min: float = Field(
        1e-6, ge=0, le=1, title="Lowest learning rate", description="End of the cosine over rounds."
    )
    max_grad_norm: float = Field(
        1.0, gt=0, le=1e6, title="Gradient clipping", description="Largest gradient norm of a step."
    )
    data_order: Literal["rotate", "fixed"] = Field(
        "rotate",
        title="Data order",
        description="rotate: each round goes on where the last one stopped (ours). fixed: every "
        "round starts at the same examples, as in the original template.",
    )

    @model_validator(mode="after")
    def _falling(self) -> Train:
        if self.learning_rate_min > self.learning_rate_max:
            raise ValueError(
                f"learning_rate_min ({self.learning_rate_min:g}) is above "
                f"learning_rate_max ({self.learning_rate_max:g})"
            )
        return self


class Data(Section):
    """How the domain's training set is shown and who holds which part of it."""

    revision: str = Field(
        "main",
        title="Dataset revision",
        max_length=80,
        pattern=r"^[\w./-]+$",
        description="Branch, tag or commit of the domain's training set.",
    )
    partition: Literal["iid", "dirichlet", "natural", "quantity"] = Field(
        "iid",
        title="Partition",
        description="iid: equal shares of a shuffled set, as FlowerTune. dirichlet: label shares "
        "of each client drawn from Dirichlet(concentration). natural: rows of one value stay with "
        "one client. quantity: sizes drawn from Dirichlet(concentration), rows at random.",
    )
    concentration: float = Field(
        0.5,
        gt=0,
        le=1000,
        title="Dirichlet concentration",
        description="Small: clients differ strongly. Used by dirichlet and quantity only.",
    )
    partition_by: str = Field(
        "",
        title="Partition column",
        max_length=80,
        pattern=r"^[\w ./:-]*$",
        # Left out when empty: recipes from before this field keep their digests.
        exclude_if=lambda column: column == "",
        description="Column whose values stay whole, at least as many as there are clients. "
        "Empty: the domain's label. Used by natural only.",
    )
    partition_seed: int = Field(
        42,
        ge=0,
        le=2**31 - 1,
        title="Partition seed",
        description="Draws who holds what; 42 is FlowerTune's.",
    )
    input: Literal["keep", "original"] = Field(
        "keep",
        title="Input column",
        description="keep: the input reaches the prompt (ours). original: the template's mapping, "
        "which drops it in some domains.",
    )
    train_eos: bool = Field(
        True,
        title="Train the end token",
        description="Append the end-of-sequence token to each answer (ours). The original does "
        "not, and its models never learn to stop.",
    )


class Budget(Section):
    """What the run may exchange."""

    megabytes: int = Field(
        200_000,
        ge=1,
        le=200_000,
        title="Communication budget, MiB",
        description="All messages, both ways. A run that passes it ends.",
    )


class MethodChoice(BaseModel):
    """The method's name and, beside it, that method's own parameters."""

    model_config = ConfigDict(frozen=True)

    name: str
    parameters: SerializeAsAny[Parameters]

    @model_validator(mode="before")
    @classmethod
    def _look_up(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, dict):
            raise ValueError("a table with the key name was wanted")
        name = value.get("name", "fedavg")
        if not isinstance(name, str) or name not in METHODS:
            raise ValueError(unknown("method", name, METHODS))
        own = value.get("parameters", {k: v for k, v in value.items() if k != "name"})
        if isinstance(own, Parameters):
            own = own.model_dump()
        return {"name": name, "parameters": METHODS[name].parameters.model_validate(own)}


class Recipe(Section):
    """Everything that decides a run, in one immutable object."""

    name: str = Field(min_length=1, max_length=80, title="Name", description="Shown on the board.")
    domain: str = Field(title="Domain", description="Which board: its data and its tests.")
    description: str = Field("", max_length=2000, title="Description")
    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Seed",
        description="Draws the adapter's start, the clients of a round, their batches and dropout.",
    )
    method: MethodChoice = Field(default_factory=lambda: MethodChoice.model_validate("fedavg"))
    base: Base = Base()
    lora: Lora = Lora()
    train: Train = Train()
    data: Data = Data()
    budget: Budget = Budget()

    @field_validator("name", "description")
    @classmethod
    def _printable(cls, text: str) -> str:
        odd = [character for character in text if ord(character) < 32 and character not in "\n\r\t"]
        if odd:
            raise ValueError(f"plain text was wanted, found the control character {odd[0]!r}")
        return text

    @field_validator("domain")
    @classmethod
    def _known_domain(cls, key: str) -> str:
        if key not in DOMAINS:
            raise ValueError(unknown("domain", key, DOMAINS))
        return key

    @property
    def fraction(self) -> float:
        """Share of clients a round: the recipe's, else the domain's."""
        return self.train.fraction or DOMAINS[self.domain].fraction

    @property
    def clients(self) -> int:
        """Clients that hold data; fixed by the domain."""
        return DOMAINS[self.domain].clients

    @property
    def cohort(self) -> Cohort:
        """Who trains: the domain's clients, a fraction a round, as the method wants them.

        Flower truncates `clients * fraction` and draws at least two.
        """
        per_round = min(max(int(self.clients * self.fraction), 2), self.clients)
        usual = Cohort(self.clients, per_round, self.train.local_steps)
        return METHODS[self.method.name].cohort(usual, self.method.parameters)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, with the method's parameters beside its name, as in the TOML."""
        plain = self.model_dump(mode="json")
        plain["method"] = {
            "name": self.method.name,
            **self.method.parameters.model_dump(mode="json"),
        }
        return plain

"""A Flower `Grid` in one process: clients run one after another, each seeing its own context."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid

from ..errors import Interrupted, OutOfMemory
from ..program import as_engine_error, log_failure
from .compat import Run, identify

CLIENT_FAILED = 1
RUN_ID = 1


class InlineGrid(Grid):
    """`clients[node]` is the partition a node holds, out of `partitions`.

    An exception in a client becomes an error reply, as on a real federation; only running out of
    memory and being told to stop end the run. A client's `Context.state` lives as long as the grid.
    """

    def __init__(
        self,
        app: ClientApp,
        members: Sequence[int],
        partitions: int,
        seen: Callable[[], None] = lambda: None,
    ) -> None:
        identify(RUN_ID)
        self._app, self._seen = app, seen
        self._contexts = {
            member + 1: Context(
                run_id=RUN_ID,
                node_id=member + 1,
                node_config={"partition-id": member, "num-partitions": partitions},
                state=RecordDict(),
                run_config={},
            )
            for member in members
        }
        self._replies: dict[str, Message] = {}

    def get_node_ids(self) -> Iterable[int]:
        return list(self._contexts)

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        return [self._answer(message) for message in messages]

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        ids = []
        for message in messages:
            ids.append(f"{len(self._replies)}-{message.metadata.dst_node_id}")
            self._replies[ids[-1]] = self._answer(message)
        return ids

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        return [self._replies.pop(id) for id in message_ids if id in self._replies]

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        return Message(content, dst_node_id, message_type, group_id=group_id, ttl=ttl)

    def set_run(self, run: Run) -> None:
        raise RuntimeError("an inline grid runs one app only")

    @property
    def run(self) -> Run:
        raise RuntimeError("an inline grid is not part of a SuperLink run")

    def _answer(self, message: Message) -> Message:
        context = self._contexts[message.metadata.dst_node_id]
        try:
            reply = self._app(message, context)
        except Exception as error:
            failure = as_engine_error(error)
            if isinstance(failure, Interrupted | OutOfMemory):
                raise failure from error
            log_failure(error)
            reply = Message(Error(CLIENT_FAILED, failure.message), reply_to=message)
        self._seen()
        return reply

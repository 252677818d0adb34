"""The protocol between editor and server: a client's mistake is answered, and harms nothing.

pygls 2 raises where it reads a message, and so leaves a request without an answer; and it takes any
object inside of a message that has a ``jsonrpc`` for a message of its own.
"""

from __future__ import annotations

from typing import Any

from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams, JsonRpcInvalidRequest
from pygls.protocol import LanguageServerProtocol

_MOST_TOLD = 200
"""Characters of a name that are repeated."""


class Protocol(LanguageServerProtocol):
    """The protocol of pygls, with an answer to each request."""

    def structure_message(self, data: dict[str, Any]) -> dict[str, Any]:
        """Leave an object as it is: which one is the message, only handle_message() knows."""
        return data

    def handle_message(self, message: Any) -> None:  # noqa: ANN401  anything may come
        """Hand a message on; refuse what is none, and what its method does not take."""
        is_object = isinstance(message, dict) and message.get("jsonrpc") == self.VERSION
        method = message.get("method") if is_object else None
        if not is_object or not isinstance(method, str | None):
            self._refuse(message, JsonRpcInvalidRequest("no message of JSON-RPC 2.0"))
            return
        if "id" in message and not isinstance(message["id"], int | str):
            self._refuse(message, JsonRpcInvalidRequest("an id is a number or a text"))
            return
        if method is not None and self.get_message_type(method) is None:
            message.setdefault("params", None)
        try:
            structured = super().structure_message(message)
        except JsonRpcException:
            name = (method or "a response")[:_MOST_TOLD]
            self._refuse(message, JsonRpcInvalidParams(f"{name} does not take such parameters"))
            return
        super().handle_message(structured)

    def _refuse(self, message: Any, error: JsonRpcException) -> None:  # noqa: ANN401
        """Answer what asks for an answer with an error, and tell of it."""
        number = message.get("id") if isinstance(message, dict) and "method" in message else None
        if isinstance(number, int | str):
            self._send_response(number, error=error.to_response_error())
        self._server.report_server_error(error, JsonRpcException)

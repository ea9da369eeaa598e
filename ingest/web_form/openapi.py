"""What programs can call, as OpenAPI 3.1: put together from the types that read and write it, served as JSON.

There is no page that renders it: such pages load scripts from other people's servers.
A test holds every path, status and body of it to what the app does.
"""

from __future__ import annotations

from typing import Any

from ingest.web_form.settings import FormSettings
from ingest.web_form.submission import WireFields
from ingest.web_form.typed import MAX_LINE_CHARS

PROBLEM = "application/problem+json"
_KEY_PATTERN = r"^[\x21-\x7e]{1,128}$"


def openapi(settings: FormSettings) -> dict[str, Any]:
    """Describe the API of a form."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.organisation}: {settings.title}",
            "version": "1",
            "description": "Send a complaint, and get a reference and the address of a page that says where it stands. "
            "202 is answered once it would survive a crash; every other answer means that nothing was kept.",
        },
        "servers": [{"url": settings.public_base_url.rstrip("/")}],
        "paths": {
            "/api/v1/submissions": {"post": _submit(settings)},
            "/api/v1/webhooks/{name}": {"post": _webhook()},
            "/api/v1/openapi.json": {
                "get": {
                    "operationId": "describe",
                    "summary": "This description",
                    "responses": {
                        "200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {}}}}
                    },
                }
            },
        },
        "components": {"schemas": _schemas(settings)},
    }


def _submit(settings: FormSettings) -> dict[str, Any]:
    return {
        "operationId": "submit",
        "summary": "Send a complaint",
        "description": "As JSON, or with files as a form in several parts. The same Idempotency-Key with the same "
        "words gives the same receipt; without it, `submission_id` in the body serves as the key.",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "1 to 128 visible ASCII characters, a UUID for instance; quotes around it are left out.",
                "schema": {"type": "string", "pattern": _KEY_PATTERN},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Submission"}},
                "multipart/form-data": {"schema": {"$ref": "#/components/schemas/SubmissionWithFiles"}},
            },
        },
        "responses": {
            "202": _receipt("It is kept."),
            **{str(status): _problem(says) for status, says in _REFUSALS.items()},
            "422": _problem(
                f"Something has to be put right, named in `errors`; text has up to {settings.max_text_chars}."
            ),
        },
    }


def _webhook() -> dict[str, Any]:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    refusals = {status: says for status, says in _REFUSALS.items() if status not in {400, 415}}
    return {
        "operationId": "webhook",
        "summary": "Send what a form tool sends, signed after the Standard Webhooks convention",
        "parameters": [
            {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}},
            *({"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in names),
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "responses": {
            "202": _receipt("It is kept as it came. What cannot be read in it is set aside for a person."),
            "401": _problem("Nothing shows that it comes from the tool, or its moment is more than five minutes off."),
            "404": _problem("There is no webhook of this name."),
            **{str(status): _problem(says) for status, says in refusals.items()},
        },
    }


_REFUSALS = {
    400: "It cannot be read: no JSON object, no form in parts, or a key that is none.",
    408: "It took too long to arrive.",
    413: "It is too long.",
    415: "It is neither JSON nor a form in several parts.",
    429: "Too many came from this address or network; `Retry-After` says when to try again.",
    500: "Something went wrong. Send it again with the same key: it does not count twice.",
    503: "Nothing can be kept just now; `Retry-After` says when to try again.",
}


def _receipt(says: str) -> dict[str, Any]:
    return {
        "description": says,
        "headers": {
            "Location": {"description": "The status page.", "schema": {"type": "string", "format": "uri"}},
            "Idempotency-Replayed": {
                "description": "`true` where it was kept before.",
                "schema": {"type": "string", "const": "true"},
            },
        },
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Receipt"}}},
    }


def _problem(says: str) -> dict[str, Any]:
    return {"description": says, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _schemas(settings: FormSettings) -> dict[str, Any]:
    said = WireFields.model_json_schema()["properties"]
    boxes: dict[str, dict[str, Any]] = {name: {"type": ["string", "null"]} for name in said}
    boxes["text"] |= {"maxLength": settings.max_text_chars, "description": "What happened."}
    for name, most in MAX_LINE_CHARS.items():
        boxes[name]["maxLength"] = most
    boxes["honeypot"]["description"] = "Leave it out: whoever fills it in is held to be a machine."
    boxes["text"]["type"] = "string"
    files = {
        "type": "array",
        "maxItems": settings.max_files,
        "description": f"Up to {settings.max_file_bytes:,} bytes each and {settings.max_files_bytes:,} together.",
        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
    }
    in_parts = {name: {**box, "type": "string"} for name, box in boxes.items()}
    return {
        "Submission": {"type": "object", "required": ["text"], "properties": boxes},
        "SubmissionWithFiles": {"type": "object", "required": ["text"], "properties": {**in_parts, "files": files}},
        "Receipt": {
            "type": "object",
            "required": ["reference", "status_url"],
            "additionalProperties": False,
            "properties": {"reference": {"type": "string"}, "status_url": {"type": "string", "format": "uri"}},
        },
        "Problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "additionalProperties": False,
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "errors": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["field", "code", "says"],
                        "additionalProperties": False,
                        "properties": {name: {"type": "string"} for name in ("field", "code", "says")},
                    },
                },
            },
        },
    }

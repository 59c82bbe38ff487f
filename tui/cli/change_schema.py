from typing import Any


def change_schema() -> dict[str, Any]:
    from services.models.changes import Plan
    from services.models.problem import Problem
    from services.toml.grammar import schema

    plan, problem = schema(Plan), schema(Problem)
    models = {**problem.pop("$defs", {}), **plan.pop("$defs", {})}
    _print_requests(models["AwsCall"])
    confirm = {
        "type": "string",
        "description": 'The text to type for confirmation; "" if a key press suffices.',
    }
    approval = plan["properties"]["approval"]
    plan["properties"] |= {
        "confirm": confirm,
        "approval": {
            "anyOf": [{"type": "string"}, {"type": "null"}],
            "description": f"{approval['description']} Null: the plan was refused before that was determined.",
        },
    }
    plan["required"] = [*plan["required"], "approval", "confirm"]
    dialect = plan.pop("$schema")
    problem.pop("$schema")
    failed = {
        "type": "object",
        "properties": {"problem": {"$ref": "#/$defs/Problem"}},
        "required": ["problem"],
    }
    return {
        "$schema": dialect,
        "title": "Change",
        "oneOf": [{"$ref": "#/$defs/Plan"}, failed],
        "$defs": {**models, "Plan": plan, "Problem": problem},
    }


def _print_requests(call: dict[str, Any]) -> None:
    del call["properties"]["body"]
    call["properties"] |= {
        "params": {"type": "object", "description": "The request's parameters, exactly as they are sent."},
        "digest": {
            "type": "string",
            "description": "SHA-256 (hex) of service, operation, region and parameters.",
        },
    }
    call["required"] = [*(name for name in call["required"] if name != "body"), "params", "digest"]

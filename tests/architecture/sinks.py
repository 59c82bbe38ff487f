"""Text that reaches the screen as a plain `str`, where Textual would read it as markup."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

SAFE_TYPES = {"Content", "Text", "Strip", "Visual"}
FIRST_ARGUMENT = {
    "Static", "Label", "Button", "Checkbox", "RadioButton", "Option", "TabPane", "Tab", "Placeholder", "DiscoveryHit",
    "Digits", "Link", "Markdown", "Tree",
}  # fmt: skip
SECOND_ARGUMENT = {"Hit"}
KEYWORDS = {"border_title", "border_subtitle", "tooltip"}
SINK_KEYWORDS = {"label", "prompt", "renderable", "content", "title"}
ATTRIBUTES = {"border_title", "border_subtitle", "tooltip"}
METHODS = {"add_option", "set_options", "panic"}
# A binding's tooltip and Collapsible's title are declared once, in our own words.
_DECLARATIONS = {"Binding", "Column", "Command"}


@dataclass
class Scope:
    returns: dict[str, str] = field(default_factory=dict)
    names: dict[str, list[ast.expr | str]] = field(default_factory=dict)


def findings(source: str, path: str) -> list[str]:
    """`path:line: what` for every place where plain text reaches a sink."""
    tree = ast.parse(source)
    returns = {
        node.name: ast.unparse(node.returns)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None
    }
    reports = [*_plain_renders(tree, path, returns)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    places: set[tuple[int, int]] = set()
    # Inner functions first, so that their own names count; what stands outside of any function last.
    for owner in [*reversed(functions), tree]:
        scope = Scope(returns, _names(owner))
        for node in ast.walk(owner):
            place = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
            for what, text in _sinks(node):
                if (*place,) not in places and not is_safe(text, scope):
                    reports.append(f"{path}:{text.lineno}: {what} is given {ast.unparse(text)[:60]}")
            if isinstance(node, ast.Call | ast.Assign):
                places.add(place)
    return sorted(set(reports))


def _plain_renders(tree: ast.AST, path: str, returns: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "render":
            scope = Scope(returns, _names(node))
            for child in ast.walk(node):
                if (
                    isinstance(child, ast.Return)
                    and child.value is not None
                    and not is_safe(child.value, scope)
                ):
                    yield f"{path}:{child.lineno}: render() gives {ast.unparse(child.value)[:60]}"


def _names(owner: ast.AST) -> dict[str, list[ast.expr | str]]:
    names: dict[str, list[ast.expr | str]] = {}
    for node in ast.walk(owner):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    names.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.AugAssign | ast.AnnAssign) and isinstance(node.target, ast.Name):
            binding: ast.expr | str | None = (
                ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else node.value
            )
            names.setdefault(node.target.id, []).append(binding or "")
        elif isinstance(node, ast.arg) and node.annotation is not None:
            names.setdefault(node.arg, []).append(ast.unparse(node.annotation))
    return names


def _sinks(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Attribute) and target.attr in ATTRIBUTES:
                yield target.attr, node.value
    elif isinstance(node, ast.Call):
        yield from _sink_arguments(node, _called(node))
        yield from _sink_keywords(node, _called(node))


def _sink_arguments(node: ast.Call, name: str) -> Iterator[tuple[str, ast.expr]]:
    count = len(node.args)
    if name in SECOND_ARGUMENT and count > 1:
        yield name, node.args[1]
    elif count and name in FIRST_ARGUMENT | METHODS:
        yield name, node.args[0]
    elif count and name == "notify" and not _has_markup_off(node):
        yield "notify without markup=False", node.args[0]
    elif count == 1 and name == "update" and isinstance(node.func, ast.Attribute) and not node.keywords:
        yield name, node.args[0]


def _sink_keywords(node: ast.Call, name: str) -> Iterator[tuple[str, ast.expr]]:
    if name in _DECLARATIONS:
        return
    sinks = KEYWORDS | SINK_KEYWORDS if name in FIRST_ARGUMENT else KEYWORDS
    yield from ((f"{name}({each.arg})", each.value) for each in node.keywords if each.arg in sinks)


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _has_markup_off(node: ast.Call) -> bool:
    return any(
        each.arg == "markup" and isinstance(each.value, ast.Constant) and each.value.value is False
        for each in node.keywords
    )


def is_safe(node: ast.expr, scope: Scope, depth: int = 0) -> bool:
    if depth > 8:
        return False
    match node:
        case ast.Constant():
            return True
        case ast.Call():
            return _is_safe_call(node, scope, depth)
        case ast.BinOp(left=left, right=right):
            return is_safe(left, scope, depth + 1) and is_safe(right, scope, depth + 1)
        case ast.IfExp(body=body, orelse=orelse):
            return is_safe(body, scope, depth + 1) and is_safe(orelse, scope, depth + 1)
        case (
            ast.BoolOp(values=values)
            | ast.List(elts=values)
            | ast.Tuple(elts=values)
            | ast.Dict(values=values)
        ):
            return all(is_safe(each, scope, depth + 1) for each in values)
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
            return is_safe(element, scope, depth + 1)
        case ast.Name(id=name):
            bindings = scope.names.get(name, [])
            return bool(bindings) and all(
                _is_safe_type(each) if isinstance(each, str) else is_safe(each, scope, depth + 1)
                for each in bindings
            )
    return False


def _is_safe_call(node: ast.Call, scope: Scope, depth: int) -> bool:
    name = _called(node)
    if name in SAFE_TYPES or name in FIRST_ARGUMENT:
        return True
    if name in scope.returns:
        return _is_safe_type(scope.returns[name])
    if isinstance(node.func, ast.Attribute):
        # Content.styled(…), Content("\n").join(…), but not "…".join(…) or _("…").format(…)
        owner = node.func.value
        if isinstance(owner, ast.Name) and owner.id in SAFE_TYPES:
            return True
        return not isinstance(owner, ast.Constant) and is_safe(owner, scope, depth + 1)
    return False


def _is_safe_type(annotation: str) -> bool:
    base = annotation.strip("\"'").partition("[")[0]
    parts = [part.strip() for part in annotation.strip("\"'").split("|")] if "[" not in annotation else [base]
    return all(part in SAFE_TYPES or part in {"None", "dict", "set"} for part in parts)

"""Find phrases that the project's English avoids. Run it in the repository's root.

It reads docstrings, comments, messages and the names of tests in Python files, and the
pages of the documentation. Each row of ``PHRASES`` has what to write instead. Exceptions
need a row in ``EXCEPTIONS``.
"""

import ast
import io
import re
import sys
import tokenize
from pathlib import Path

SUMMARY = re.compile(
    r"(Give|Say|Tell|Name|Put|Become|Look whether|What|Who|Whose|From where|How)\b"
)
PHRASES = {  # pattern -> advice
    r"\b(is|are|was|were|be|but) no (?!longer|more|less|reason)\w+": "is not a ...",
    r"\bnone of (ours|mine|theirs)\b": "another",
    r"\b(nobody|whoever|whichever way|somebody)\b": "the caller, other code",
    r"\banew\b": "again",
    r"\b(goes|go|going|went|gone) on\b(?! to\b)": "resumes, continues",
    r"\btaken? back\b": "reset",
    r"\bas (it|they) (came|comes|come)\b": "unchanged",
    r"\bmade good\b": "restored",
    r"\bcomes? out again\b": "is reproduced",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bbeside\b": "in addition to, next to",
    r",? too(?=[.;:)]|$)": "also",
    r"\bat (most|least)(?=[.;:)]|$)": "at most N, before the noun",
    r"\bof (theirs|ours|yours|his|hers)\b": "their, our",
    r"\bof (\w+|the \w+)'s(?= ?[.,;:)]| own)": "the",
    r"(?<!scikit-learn)'s own\b": "the",
    r"\b(lend|lends|lent|lending)\b": "borrow",
    r"\bchatter\b": "log output",
    r"\bhand(s|ed|ing)? over\b": "commit, pass",
    r"\bforget(s|ting)?\b|\bforgot(ten)?\b": "reset",
    r"\b(a|the|this|each|one|other) rooms?\b": "module, folder",
    r"\b(other|which|different) pens\b": "degradations",
    r"\bis told\b|\bare told\b|\bbe told\b|\bwas told\b": "is notified",
    r"\bis kept\b|\bare kept\b|\bwas kept\b": "is saved, stays",
    r"\blook(s|ed)? whether\b": "check whether",
}
EXCEPTIONS: dict[tuple[str, str], str] = {  # (file, phrase) -> reason
}


def texts_of_python(path):
    """Yield (line, text, is_summary) of a Python file."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ):
            body = node.body
            first = body[0].value if body and isinstance(body[0], ast.Expr) else None
            if isinstance(getattr(first, "value", None), str):
                yield first.lineno, first.value, True
            name = getattr(node, "name", "")
            if name.startswith("test_"):
                yield node.lineno, name.replace("_", " "), False
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if " " in node.value.strip():
                yield node.lineno, node.value, False
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# "), False


def texts_of_page(path):
    """Yield (line, text, is_summary) of a page, without its code."""
    in_code = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(("```", "~~~")):
            in_code = not in_code
        elif not in_code and not line.startswith("    "):
            heading = re.match(r"#+ (.*)", line)
            yield number, re.sub(r"`[^`]*`", "`code`", line), False
            if heading:
                yield number, heading[1], True


def find(path, texts):
    """Yield a line for each phrase in the texts of a file."""
    seen = set()
    for number, text, is_summary in texts:
        found = []
        if is_summary and SUMMARY.match(text.strip()):
            found.append((SUMMARY.match(text.strip())[0], "a plain verb or a noun", 0))
        for pattern, advice in PHRASES.items():
            for match in re.finditer(pattern, text, re.IGNORECASE | re.MULTILINE):
                found.append((match[0], advice, text[: match.start()].count("\n")))
        for phrase, advice, below in found:
            key = (number + below, phrase)
            if key not in seen and (path.as_posix(), phrase) not in EXCEPTIONS:
                seen.add(key)
                yield f"{path}:{number + below}: {phrase.strip()!r}: write {advice}"


def main():
    """Print every phrase; exit with 1 if there is one."""
    paths = [Path(name) for name in sys.argv[1:]]
    if not paths:
        paths = [
            *sorted(Path().glob("*.md")),
            *(
                path
                for folder in ("skdigits", "docs", "examples", "tests")
                for path in sorted(Path(folder).rglob("*"))
                if path.suffix in (".py", ".md")
            ),
        ]
    rows = []
    for path in paths:
        read = texts_of_python if path.suffix == ".py" else texts_of_page
        rows += find(path, read(path))
    print("\n".join(rows))
    print(f"{len(rows)} phrases to rewrite")
    return bool(rows)


if __name__ == "__main__":
    sys.exit(main())

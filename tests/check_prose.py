"""Check the English of the project: report phrases that it avoids, and their place.

    python tests/check_prose.py [FILE ...]

Without files it reads all that git knows: docstrings, comments, strings with a space
and names of tests in Python files, pages without their code, and comments of scripts
and settings. A phrase that is right where it stands has a row in `EXCEPTIONS`.
"""

import ast
import bisect
import io
import itertools
import re
import subprocess
import sys
import tokenize
from pathlib import Path

# A summary or a title begins with another verb, or with a noun.
SUMMARY = re.compile(
    r"(Gives?|Says?|Tells?|Name(?= (a|an|the|each|every|what|which)\b)|Puts?|Becomes?|"
    r"Looks? whether|What|Who|Whose|Whoever|From where|How)\b"
)
END = r"(?=[.;:)|]|$|  )"  # of a clause or a paragraph
PHRASES = {  # pattern -> what to write instead
    # "There is no ..." is plain English.
    r"(?<!there )\b(is|are|was|were) no (?!longer|more|less|reason|one\b)\w+": (
        "is not a ..."
    ),
    r"\bnone of (ours|mine|theirs)\b": "another, unexpected",
    r"\b(nobody|whoever|whichever way|somebody)\b": "the caller, other code",
    r"\banew\b": "again",
    r"\b(goes|go|going|went|gone) on\b(?! to\b)": "resumes, continues",
    r"\btak(es?|en|ing) back\b": "reset",
    r"\bas (it|they) (came|comes|come)\b": "unchanged",
    r"\bmade good\b": "restored",
    r"\bcomes? out again\b": "is reproduced",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bbeside\b": "in addition to, next to",
    r"\b(do|does|did|done) otherwise\b": "differently",
    rf",? too{END}": "also",
    rf"\bat (most|least){END}": "at most N, before the noun",
    r"\bof (theirs|ours|yours|his|hers)\b": "their, our",
    rf"\bof (the )?\w+'s({END}|(?= own))": "the",
    r"(?<!scikit-learn)'s own\b": "the",
    r"\b(lend|lends|lent|lending)\b": "borrow",
    r"\bchatter\b": "log output",
    r"\bhand(s|ed|ing)? over\b": "commit, pass",
    r"\bforget(s|ting)?\b|\bforgot(ten)?\b": "reset",
    r"\b(a|the|this|each|one|other) (rooms?|houses?)\b": "module, folder",
    r"\b(other|which|different) pens\b": "degradations",
    r"\b(is|are|be|was|were) told\b(?! apart)": "is notified",
    r"\b(is|are|was|were) kept\b": "is saved, stays",
    r"\blook(s|ed)? whether\b": "check whether",
    r"\bwhat there is (not)?\b": "name the thing",
}
EXCEPTIONS = {  # (file, phrase) -> reason; a phrase is in lower case
    ("docs/benchmarks.md", "too"): "in rows of tables, which are results",
    ("tests/helpers/rights.py", "nobody"): "the name of a user of Unix",
}
SKIPPED = {
    "tests/check_prose.py": "it lists the phrases",
    ".github/CODE_OF_CONDUCT.md": "the text of others",
}


def texts_of_python(source):
    """Yield (line, text, is_summary) of a Python file."""
    docstrings, lines = set(), source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ):
            if ast.get_docstring(node, clean=False):
                first = node.body[0].value
                docstrings.add(first)
                # From the source, where a backslash does not join two lines.
                text = "\n".join(lines[first.lineno - 1 : first.end_lineno]).strip()
                yield first.lineno, re.sub(r'^r?"""|"""$', "", text), True
            name = getattr(node, "name", "")
            if name.startswith("test_"):
                yield node.lineno, name.replace("_", " "), False
        elif isinstance(getattr(node, "value", None), str) and node not in docstrings:
            yield node.lineno, node.value if " " in node.value.strip() else "", False
    yield from texts_of_comments(source)


def texts_of_comments(source, is_python=True):
    """Yield (line, text, False) of the comments; neighbouring lines are one text."""
    if is_python:
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        lines = [
            (token.start[0], token.string, token.line.lstrip().startswith("#"))
            for token in tokens
            if token.type == tokenize.COMMENT
        ]
    else:
        lines = [
            (number, line.strip(), True)
            for number, line in enumerate(source.splitlines(), 1)
            if line.lstrip().startswith("#")
        ]
    first, text, last = 0, [], None
    for number, comment, alone in lines:
        if not (alone and last == number - 1):
            yield first, "\n".join(text), False
            first, text = number, []
        text.append(comment.lstrip("# "))
        last = number if alone else None
    yield first, "\n".join(text), False


def texts_of_page(source):
    """Yield (line, text, is_summary) of the paragraphs and titles of a page."""
    first, text, in_code = 1, [], False
    for number, line in enumerate([*source.splitlines(), ""], 1):
        is_fence = line.lstrip().startswith(("```", "~~~"))
        in_code ^= is_fence
        title = re.match(r"#+ (.*)", line)
        is_prose = not (is_fence or in_code or title or line.startswith("    "))
        if not is_prose or not line.strip() or line.startswith(("|", "-", "*")):
            yield first, "\n".join(text), False
            first, text = number, []
        if is_prose:
            text.append(re.sub(r"`[^`]*`", "`code`", line))
        elif title:
            yield number, title[1], True
        if not text[-1:]:
            first = number + 1


def texts_of(path):
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return texts_of_python(source)
    if path.suffix in (".md", ".rst"):
        return texts_of_page(source)
    return texts_of_comments(source, is_python=False)


def find(path):
    """Yield (line, phrase, advice) for each phrase in a file."""
    for number, text, is_summary in texts_of(path):
        summary = SUMMARY.match(text.strip()) if is_summary else None
        if summary:
            yield number, summary[1], "a plain verb or a noun first"
        lines = re.split(r"[ \t]*\n[ \t]*", text)
        ends = list(itertools.accumulate(len(line) + 1 for line in lines))
        joined = " ".join(lines)
        for pattern, advice in PHRASES.items():
            for match in re.finditer(pattern, joined, re.IGNORECASE):
                below = bisect.bisect_right(ends, match.start())
                yield number + below, match[0].strip(" ,"), advice


def main():
    """Print every phrase; return whether there is one."""
    kinds = ["*.py", "*.md", "*.rst", "*.sh", "*.toml", "*.yml", "*.yaml", ".ci/*"]
    tracked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *kinds]
    names = sys.argv[1:] or subprocess.check_output(tracked, text=True).splitlines()
    n_found = 0
    for path in map(Path, names):
        if path.as_posix() in SKIPPED or not path.exists():
            continue
        for line, phrase, advice in sorted(set(find(path))):
            if (path.as_posix(), phrase.lower()) not in EXCEPTIONS:
                print(f"{path}:{line}: {phrase!r}: {advice}")
                n_found += 1
    print(f"{n_found} phrases to rewrite")
    return n_found > 0


if __name__ == "__main__":
    sys.exit(main())

"""The bytes of an `.actn` file as C source, for apps that are to need no file."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

BYTES_A_LINE = 32

HEADER = """\
/* {file} as data: act_open_memory({name}, {name}_size, &model). Written by act-export.
   sha256, as in the manifest: {sha256} */
#ifndef {guard}
#define {guard}

#include <stddef.h>

#ifdef __cplusplus
extern "C" {{
#endif

extern const unsigned char {name}[];
extern const size_t {name}_size;

#ifdef __cplusplus
}}
#endif
#endif
"""

SOURCE = """\
/* {file} as data. Written by act-export. sha256, as in the manifest:
   {sha256} */
#include "{header}"

#if defined(_MSC_VER)
__declspec(align(64))
#else
__attribute__((aligned(64)))
#endif
const unsigned char {name}[{size}] = {{
{lines}
}};

const size_t {name}_size = sizeof {name};
"""


def write_source(path: Path) -> None:
    """Write NAME.c and NAME.h beside ``NAME.actn``; the array is NAME_actn."""
    contents = path.read_bytes()
    name = re.sub(r"\W", "_", path.stem, flags=re.ASCII) + "_actn"
    name = f"_{name}" if name[0].isdigit() else name
    written = [str(byte) for byte in range(256)]
    lines = (
        ",".join([written[byte] for byte in contents[start : start + BYTES_A_LINE]])
        for start in range(0, len(contents), BYTES_A_LINE)
    )
    facts = {
        "file": path.name,
        "name": name,
        "size": len(contents),
        "sha256": hashlib.sha256(contents).hexdigest(),
    }
    header = path.with_suffix(".h")
    header.write_text(HEADER.format(guard=f"{name.upper()}_H", **facts))
    path.with_suffix(".c").write_text(
        SOURCE.format(header=header.name, lines=",\n".join(lines), **facts)
    )

#!/usr/bin/env python3
"""Plants each fault that tidy.py looks for, and checks that it is found, where it is, and alone."""
import pathlib
import sys
import tempfile
import unittest

import tidy

CLEAN = {
    "rules/README.md": "# rules\n",
    "rules/model/a.hpp": "#pragma once\n#include <vector>\n#include <boost/unordered/unordered_flat_map.hpp>\n"
                         "// A double is no mutex; std::regex, system_clock.\nint grand(int floats);\n"
                         'inline auto kText = R"x(float "double)x";\n'
                         "inline long kBig = 1'000'000; inline char kQuote = '\"'; inline auto kWord = \"float\";\n",
    "config/README.md": "# config\n",
    "config/yaml/a.cpp": '#include <yaml-cpp/eventhandler.h>\n#include "rules/model/a.hpp"\ndouble ratio = 0;\n',
    "connectors/README.md": "# connectors\n",
    "connectors/wire/a.cpp": "#include <simdjson.h>\n",
    "connectors/clock/a.cpp": "auto now = std::chrono::system_clock::now();\n",
    "daemon/README.md": "# daemon\n",
    "daemon/a.cpp": '#include "rules/model/a.hpp"\n#include <thread>\n',
    "tests/README.md": "# tests\n",
    "tests/run.sh": "echo 'no sleep needed'\n",
}
LONG = "int x;\n" * (tidy.MAX_LINES + 1)
SLEEP = "sleep"

# file, text, line, part of the message
PLANTED = [
    ("rules/a.cpp", '#include <map>\n#include "config/yaml/b.hpp"\n', 2, "stands to its right"),
    ("config/a.cpp", '#include "connectors/wire/b.hpp"\n', 1, "stands to its right"),
    ("connectors/a.cpp", '#include "daemon/b.hpp"\n', 1, "stands to its right"),
    ("daemon/b.cpp", '#include "tests/b.hpp"\n', 1, "includes tests/"),
    ("daemon/b.cpp", '#include "b.hpp"\n', 1, "by its path from the root"),
    ("config/a.cpp", "#include <yaml-cpp/yaml.h>\n", 1, "only config/yaml/"),
    ("tests/unit/a.cpp", "#include <yaml-cpp/yaml.h>\n", 1, "only config/yaml/"),
    ("connectors/log/a.cpp", "#include <simdjson.h>\n", 1, "only connectors/wire/"),
    ("connectors/log/a.cpp", "#include <boost/beast/http.hpp>\n", 1, "only connectors/http/"),
    ("config/a.cpp", "#include <boost/asio.hpp>\n", 1, "only connectors/, daemon/"),
    ("rules/a.cpp", "#include <fmt/format.h>\n", 1, "standard library, Boost and RE2 only"),
    ("rules/a.cpp", "#include <unistd.h>\n", 1, "standard library, Boost and RE2 only"),
    ("rules/a.cpp", "#include <boost/thread.hpp>\n", 1, "no clocks, randomness, threads"),
    *[("rules/a.cpp", f"#include <{header}>\n", 1, "no clocks, randomness, threads") for header in tidy.IMPURE_HEADERS],
    *[("rules/a.cpp", f"int a;\nauto x = {word} (1);\n", 2, f"no {word}") for word in tidy.IMPURE_WORDS],
    ("rules/a.cpp", "/* one\n two */ long double x;\n", 2, "no double"),
    ("rules/a.cpp", "auto a = \"// text\"; float b;\n", 1, "no float"),
    ("rules/a.cpp", "auto n = 1'000; float b; auto m = 1'0;\n", 1, "no float"),
    ("daemon/b.cpp", "std::regex pattern;\n", 1, "RE2's"),
    ("tests/unit/a.cpp", "std::wregex pattern;\n", 1, "RE2's"),
    *[("daemon/b.cpp", f"auto x = {clock};\n", 1, "clocks are read in") for clock in tidy.CLOCKS],
    ("tests/unit/a.cpp", "auto x = std::chrono::steady_clock::now();\n", 1, "clocks are read in"),
    ("tests/unit/a.cpp", f"std::this_thread::{SLEEP}_for(1s);\n", 1, "a test waits"),
    ("tests/cli/a.sh", f"true; {SLEEP} 1\n", 1, "a test waits"),
    ("tests/cli/run", f"#!/usr/bin/env bash\n{SLEEP} 0.1\n", 2, "a test waits"),
    ("tests/cli/a.py", f"time.{SLEEP}(1)\n", 1, "a test waits"),
    ("daemon/b.cpp", LONG, tidy.MAX_LINES + 1, "the most a file has"),
    ("tests/cli/a.py", LONG, tidy.MAX_LINES + 1, "the most a file has"),
    ("tests/cli/run", "#!/bin/sh\n" + LONG, tidy.MAX_LINES + 2, "the most a file has"),
    *[("daemon/b.cpp", f"int a;  // {word}: later\n", 1, "finish it") for word in tidy.LEFTOVERS],
    *[("docs/a.md", f"One.\n\n{word} two.\n", 3, "finish it") for word in tidy.LEFTOVERS],
    ("daemon/b.cpp", "int a; \n", 1, "white space"),
    ("docs/a.md", "a\r\n", 1, "white space"),
    ("CMakeLists.txt", "a\t\n", 1, "white space"),
    ("daemon/b.hpp", "int a();\n", 1, "#pragma once"),
    ("bench/a.cpp", "int a;\n", 0, "README.md"),
    ("tools/run", "#!/usr/bin/env python3\n", 0, "README.md"),
]


class TidyTest(unittest.TestCase):
    def faults_in(self, files: dict[str, str]) -> list[tidy.Fault]:
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                file = pathlib.Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text.encode())
            return list(tidy.faults(pathlib.Path(folder)))

    def test_a_clean_tree_has_none(self) -> None:
        self.assertEqual(self.faults_in(CLEAN), [])

    def test_each_planted_fault_is_found_alone(self) -> None:
        # What a planted include names must exist, or it would be a fault of its own.
        targets = {"config/yaml/b.hpp", "connectors/wire/b.hpp", "daemon/b.hpp", "tests/b.hpp"}
        clean = CLEAN | {path: "#pragma once\n" for path in targets}
        for path, text, line, message in PLANTED:
            with self.subTest(path=path, text=text[:80]):
                found = self.faults_in(clean | {path: text})
                self.assertEqual(len(found), 1, found)
                self.assertEqual(found[0].line, line)
                self.assertIn(message, found[0].message)

    def test_a_folder_of_too_many_files_is_found(self) -> None:
        def crowd(folder: str, count: int, suffix: str = ".cpp") -> dict[str, str]:
            return {f"{folder}/{n}{suffix}": "" for n in range(count)}

        self.assertEqual(self.faults_in(CLEAN | crowd("daemon/cli", tidy.MAX_FILES_IN_FOLDER)), [])
        found = self.faults_in(CLEAN | crowd("daemon/cli", tidy.MAX_FILES_IN_FOLDER + 1))
        self.assertEqual([fault.path for fault in found], ["daemon/cli"])
        self.assertEqual(self.faults_in(CLEAN | crowd("tests/unit/config/bad", 99, ".yaml")), [])

    def test_a_file_of_just_so_many_lines_is_good(self) -> None:
        self.assertEqual(self.faults_in(CLEAN | {"daemon/b.cpp": "int x;\n" * tidy.MAX_LINES}), [])

    def test_what_is_built_is_not_looked_at(self) -> None:
        self.assertEqual(self.faults_in(CLEAN | {"build/release/a.cpp": LONG, ".git/a.cpp": LONG}), [])


if __name__ == "__main__":
    sys.exit(unittest.main())

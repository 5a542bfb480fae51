"""Each way in which a map can be wrong, by its message.

usage: python3 -B test_maps.py
"""

import unittest

import maps

DEPENDENCIES = {
    "CZlib": [], "Files": [], "Tensors": ["Files"], "ZipFiles": ["CZlib", "Files"],
    "Models": ["Tensors", "ZipFiles"]}
FLOORS = ["Files", "Tensors", "ZipFiles", "Models"]


def found(*lines):
    """What is said of a map with these rows."""
    table = "".join(f"| {line} | something |\n" for line in ("floors", *lines))
    table = table.replace("something |\n", "are about |\n|---|---|\n", 1)
    return maps.floor_problems(f"# Floors\n\n{table}\nMore.\n", DEPENDENCIES, FLOORS)


class MapTests(unittest.TestCase):
    def test_a_map_of_every_floor_in_order_is_right(self):
        self.assertEqual(found("`Files`", "`Tensors`, `ZipFiles`", "`Models`"), [])

    def test_floors_of_one_row_may_depend_on_each_other(self):
        self.assertEqual(found("`Tensors`, `Files`, `Models`, `ZipFiles`"), [])

    def test_a_floor_that_is_missing_is_named(self):
        self.assertEqual(
            found("`Files`", "`ZipFiles`", "`Models`"),
            ["'Tensors': expected a place in the map, found none"])

    def test_a_floor_that_is_there_twice_is_named(self):
        self.assertEqual(
            found("`Files`", "`Tensors`, `ZipFiles`", "`Models`, `Tensors`"),
            ["'Tensors': expected it once, found it again"])

    def test_a_name_that_is_no_floor_is_named(self):
        self.assertEqual(
            found("`Files`, `CZlib`", "`Tensors`, `ZipFiles`", "`Models`"),
            ["'CZlib': expected a floor of Package.swift, found none"])

    def test_a_floor_above_one_that_it_depends_on_is_named(self):
        self.assertEqual(
            found("`Files`", "`Models`", "`Tensors`", "`ZipFiles`"), [
                "'Models': expected it below 'Tensors', which it depends on, found it above",
                "'Models': expected it below 'ZipFiles', which it depends on, found it above"])

    def test_a_page_without_a_table_is_refused(self):
        self.assertEqual(
            maps.floor_problems("# Floors\n", DEPENDENCIES, FLOORS),
            ["expected a table of floors, found none"])

    def test_a_target_above_one_that_it_depends_on_is_named(self):
        self.assertEqual(maps.order_problems(DEPENDENCIES, FLOORS), [])
        turned = {"Tensors": ["Files"], **DEPENDENCIES}
        self.assertEqual(
            maps.order_problems(turned, FLOORS),
            ["'Tensors': expected 'Files' above, found it below"])

    def test_a_door_that_two_floors_use_is_named(self):
        shared = {**DEPENDENCIES, "Models": ["CZlib"]}
        self.assertEqual(
            maps.order_problems(shared, FLOORS),
            ["'CZlib': expected one floor that uses it, found ZipFiles and Models"])

    def test_schemas_are_linked_once(self):
        def link(name):
            return f"[`{name}`](../../Schemas/{name}.schema.json)"

        page = " ".join(map(link, ["a", "b", "b"]))
        self.assertEqual(
            maps.schema_problems(page, ["a", "b", "c"]), [
                "'b': expected one link to the schema, found 2",
                "'c': expected one link to the schema, found 0"])


unittest.main()

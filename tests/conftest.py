"""What all tests share: markers, and skipping what needs data that is not there."""

from __future__ import annotations

import pytest

from gifect.errors import DataError


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes minutes; left out of `make test`")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    needing = [item for item in items if item.get_closest_marker("shared")]
    if not needing:
        return
    from gifect.training.data.shared import data_root

    try:
        data_root()
    except DataError as error:
        for item in needing:
            item.add_marker(pytest.mark.skip(reason=str(error)))

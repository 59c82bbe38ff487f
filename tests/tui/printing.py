"""What commands print, once their exit status is the expected one."""

from tests.conftest import Capsys


def stdout_of(capsys: Capsys, status: object, expected: object = 0) -> str:
    output = capsys.readouterr()
    assert status == expected, output.err
    return output.out


def stderr_of(capsys: Capsys, status: object, expected: object = 0) -> str:
    output = capsys.readouterr()
    assert status == expected, output.out
    return output.err

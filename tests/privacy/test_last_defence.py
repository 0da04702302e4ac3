"""What the command prints and logs in the end is masked, whatever it is about."""

import logging

from analysis import cli
from analysis.errors import StudyError


def test_errors_and_logs_with_tracebacks(monkeypatch, capsys):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])  # without those of the test run, as a command finds it
    monkeypatch.setattr(root, "level", root.level)

    def fails(_):
        log = logging.getLogger("analysis.any")
        log.info("read %s of %s", "13812345678", "王阿姨")
        try:
            raise ValueError("360426199101010071 is no number")
        except ValueError:
            log.warning("odd", exc_info=True)
        raise StudyError("No.", value="a@b.cn", where="row 3", expected="x", mend="y")

    monkeypatch.setattr(cli.check, "check", fails)
    assert cli.main(["--verbose", "check", "nowhere"]) == 2
    shown = capsys.readouterr().err
    for secret in ("13812345678", "王阿姨", "360426199101010071", "a@b.cn"):
        assert secret not in shown
    for kind in ("[phone]", "[name]", "[identity number]", "[email]", "Traceback", "row 3"):
        assert kind in shown


def test_whoever_logs_already_keeps_their_handlers(capsys):
    before = [(handler, handler.filters[:]) for handler in logging.getLogger().handlers]
    assert cli.main(["check", "nowhere"]) == 2
    assert [(handler, handler.filters) for handler in logging.getLogger().handlers] == before
    assert "no such study folder" in capsys.readouterr().err

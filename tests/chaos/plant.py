"""Writes copies of sources, each with one defect planted: plant.py SOURCE OUT GROUP. Prints a line for each defect of the
group: its name and its files. A text to replace that does not occur exactly once is an error."""
import sys
from pathlib import Path

# What fault schedules must find.
ROLES = {
    # An update that comes twice is folded twice.
    "skipped_dedup": [
        ("aggregator/aggregation.cpp",
         """  if (receipt->status == Status::folded) return Answer::duplicate;
  if (receipt->status != Status::outstanding) return Answer::unknown_task;
""", """  if (receipt->status != Status::outstanding && receipt->status != Status::folded) return Answer::unknown_task;
"""),
    ],
    # The cloud tells outcomes before its commit is on disk.
    "settled_before_persist": [
        ("aggregator/commit.cpp", "std::move(part.owed), verdict, committed, actions)",
         "std::move(part.owed), verdict, std::nullopt, actions)"),
    ],
    # A device commits what its update left behind as soon as the update is stored.
    "residual_on_stored": [
        ("client/client.cpp", "found != tasks_.end()) found->second.stored = true;",
         "found != tasks_.end()) { settle(found->first, found->second, Outcome::included); tasks_.erase(found); }"),
    ],
    # A closed aggregation goes on folding: what was called late is taken in by a later step.
    "counted_after_close": [
        ("aggregator/aggregation.cpp", "  receipts_ = std::move(left);",
         """  if (last)
    for (const auto& receipt : taken.receipts)
      if (receipt.status == Status::late) {
        left.push_back(receipt);
        left.back().status = Status::outstanding;
        ++outstanding_;
      }
  receipts_ = std::move(left);"""),
        ("aggregator/subtree.cpp", "if (last || answered) open_.erase(version);", "if (answered) open_.erase(version);"),
    ],
    # An update is folded into whatever version is open, whatever it was made from.
    "wrong_base_version": [
        ("aggregator/aggregation.cpp", "if (task.version != version_ || task.attempt != attempt_) return nullptr;",
         "if (task.attempt != attempt_) return nullptr;"),
        ("aggregator/aggregation.cpp",
         "if (!std::equal(context.base.begin(), context.base.begin() + kFrameHashBytes, base_.begin()))",
         "if (context.seed == UINT64_MAX)"),
        ("aggregator/subtree_messages.cpp", "const auto found = open_.find(update.task.version);",
         "const auto found = open_.empty() ? open_.end() : std::prev(open_.end());"),
    ],
}

# What fuzzing must find.
FUZZ = {
    # A message's frames are believed to be as long as it says.
    "frames_beyond_their_end": [
        ("net/decode.cpp", 'if (bytes > left_.size()) throw FormatError("a frame is shorter than its message says");', ""),
    ],
}

CODECS = {
    # A scale is believed, however large it is: what is decoded with it is not finite.
    "scales_believed": [
        ("compression/values.cpp", """    if (!(std::fabs(value) < kMostScale)) throw FormatError("a scale is out of range");
""", """    (void)value;
"""),
    ],
}


def main(source, out, group):
    for name, changes in {"roles": ROLES, "fuzz": FUZZ, "codecs": CODECS}[group].items():
        texts = {}
        for file, before, after in changes:
            text = texts.get(file) or (source / file).read_text(encoding="utf-8")
            if text.count(before) != 1:
                sys.exit(f"planted defect {name}: {file} has {text.count(before)} times: {before}")
            texts[file] = text.replace(before, after)
        for file, text in texts.items():
            copy = out / name / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            if not copy.is_file() or copy.read_text(encoding="utf-8") != text:
                copy.write_text(text, encoding="utf-8")
        print(name, *texts)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

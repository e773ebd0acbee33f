#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atomic>

namespace check {
namespace {

Clause* first_clause = nullptr;
Clause* last_clause = nullptr;

const Clause* running = nullptr;
std::atomic<int> expectations{0};
std::atomic<int> broken{0};

constexpr unsigned kSecondsPerClause = 60;

// Says which clause hangs, and ends the program.
void OnAlarm(int) {
  const char text[] = "\nhangs: ";
  ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  written += write(STDERR_FILENO, running->title, strlen(running->title));
  _exit(written > 0 ? 3 : 4);
}

struct Tally {
  const char* group = nullptr;
  int passed = 0;
  int failed = 0;
  int expectations = 0;
};

void Print(const Tally& tally) {
  if (tally.group == nullptr) return;
  printf("%-24s %4d passed %4d failed %6d expectations\n", tally.group, tally.passed, tally.failed, tally.expectations);
}

void Add(Tally& sum, const Tally& part) {
  sum.passed += part.passed;
  sum.failed += part.failed;
  sum.expectations += part.expectations;
}

}  // namespace

Clause::Clause(const char* group_name, const char* statement, void (*body)())
    : group(group_name), title(statement), run(body) {
  (last_clause == nullptr ? first_clause : last_clause->next) = this;
  last_clause = this;
}

void Expect(bool holds, const char* text, const char* file, int line) {
  expectations++;
  if (holds) return;
  // One line tells enough of an expectation that fails in every round of a loop.
  if (broken++ < 5) fprintf(stderr, "%s\n  %s:%d: %s\n", running->title, file, line, text);
}

void ExpectEqual(int64_t actual, int64_t expected, const char* text, const char* file, int line) {
  char detail[512];
  snprintf(detail, sizeof detail, "%s, but it is %lld, not %lld", text, static_cast<long long>(actual),
           static_cast<long long>(expected));
  Expect(actual == expected, actual == expected ? text : detail, file, line);
}

void Require(bool holds, const char* text, const char* file, int line) {
  if (holds) return;
  fprintf(stderr, "%s:%d: cannot set up: %s\n", file, line, text);
  exit(2);
}

int RunAll(const char* filter) {
  signal(SIGALRM, OnAlarm);
  signal(SIGPIPE, SIG_IGN);
  Tally group;
  Tally total;
  for (const Clause* clause = first_clause; clause != nullptr; clause = clause->next) {
    if (strstr(clause->title, filter) == nullptr) continue;
    if (group.group == nullptr || strcmp(group.group, clause->group) != 0) {
      Print(group);
      Add(total, group);
      group = {clause->group};
    }
    running = clause;
    expectations = 0;
    broken = 0;
    alarm(kSecondsPerClause);
    clause->run();
    alarm(0);
    // A clause that expects nothing proves nothing.
    const bool passed = broken == 0 && expectations > 0;
    if (expectations == 0) fprintf(stderr, "%s\n  expects nothing\n", clause->title);
    (passed ? group.passed : group.failed)++;
    group.expectations += expectations;
  }
  Print(group);
  Add(total, group);
  printf("\n%d of %d passed\n", total.passed, total.passed + total.failed);
  return total.failed == 0 && total.passed > 0 ? 0 : 1;
}

}  // namespace check

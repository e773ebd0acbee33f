// A test framework in one header: clauses that register themselves, expectations that count.
#pragma once

#include <cstdint>

namespace check {

// A clause: a statement about the backend, and the code that tries it.
struct Clause {
  Clause(const char* group_name, const char* statement, void (*body)());

  const char* group;
  const char* title;
  void (*run)();
  Clause* next = nullptr;
};

// Notes the outcome of one expectation of the running clause; from any thread.
void Expect(bool holds, const char* text, const char* file, int line);
void ExpectEqual(int64_t actual, int64_t expected, const char* text, const char* file, int line);

// A condition that the fixtures need; ends the program when it does not hold.
void Require(bool holds, const char* text, const char* file, int line);

// Runs every clause whose title contains `filter`. Returns the exit status.
int RunAll(const char* filter);

}  // namespace check

#define CHECK_JOIN_(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN_(a, b)
#define CHECK_CLAUSE_(name, title)                               \
  static void name();                                            \
  static check::Clause CHECK_JOIN(name, _)(kGroup, title, name); \
  static void name()

// The file defines kGroup; the title is an id and a statement in the present tense.
#define CLAUSE(title) CHECK_CLAUSE_(CHECK_JOIN(Clause, __LINE__), title)

#define EXPECT(condition) check::Expect((condition), #condition, __FILE__, __LINE__)
#define EXPECT_EQ(actual, expected) \
  check::ExpectEqual((actual), (expected), #actual " is " #expected, __FILE__, __LINE__)
#define REQUIRE(condition) check::Require((condition), #condition, __FILE__, __LINE__)

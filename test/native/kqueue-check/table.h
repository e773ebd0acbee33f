// The table of knotes of a poller, and faults in its changes.
#pragma once

#include <simulator.h>

#include <string>
#include <vector>

#include "../self-check/fixtures.h"

namespace check {

bool IsPersonality(const char* name);

// The knotes of `fd`, in a form that can be compared: filter, delivery flags, enabled, user data.
std::vector<std::string> KnotesOf(const Poller& poller, int fd);
// How many there are, and how many of them are enabled.
int CountKnotes(const Poller& poller, int fd);
int CountEnabled(const Poller& poller, int fd);

// Makes `times` changes fail from the `nth` on, in the thread that calls.
void FailChange(int error, int nth, int times = 1);
void FailCall(int error, int nth);
// Makes the nth call with changes fail when they are done.
void FailAnswer(int error, int nth);
// Ends the faults; returns how many had not been used up.
int EndFaults();

}  // namespace check

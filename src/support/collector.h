#pragma once

namespace gyre {

class Telemetry;

/// Where the collector of the calling thread is kept.
using CollectorSlot = Telemetry** (*)();

/// The slot that spans and counters of this copy of the library use.
CollectorSlot collector_slot();

/// A shared object that a program loads has its own copy of this library: makes the spans and
/// counters of this copy go to the collectors of the one that `slot` belongs to. Not to be called
/// while there are spans.
void use_collector_slot(CollectorSlot slot);

}  // namespace gyre

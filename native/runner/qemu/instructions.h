/* What an A64 instruction does, as far as it is counted. */
#ifndef ACT_INSTRUCTIONS_H
#define ACT_INSTRUCTIONS_H

#include <stdint.h>

typedef struct {
  uint64_t instructions, fp32_macs, int8_macs, loads, stores;
} Work;

/* Adds an instruction's work. */
void add_instruction(Work *work, uint32_t word);

#endif

/* QEMU plugin: the arm64 work between act-runner's marks, a line of JSON for each marked call.

   Argument: out=FILE. What a block of instructions is worth is known when it is translated; it is
   added when the block runs. Only the thread that marks is counted: what others do meanwhile, as a
   runtime's own housekeeping, is a matter of time. */
#include "qemu_plugin.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instructions.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API;

enum { SYSCALL_PRCTL = 167, MARK_BEGIN = 0x41435401, MARK_END = 0x41435402 };
enum { BUCKETS = 1 << 16, WORD = 4 };

typedef struct Block Block;
struct Block {
  uint64_t address;
  size_t count;
  uint32_t *code;
  Work work;
  Block *in_bucket;
};

static Block *buckets[BUCKETS];
static FILE *out;
static bool counting;
static unsigned counted_vcpu;
static Work total;

static bool same(const Block *block, uint64_t address, const uint32_t *code, size_t count) {
  return block->address == address && block->count == count &&
         memcmp(block->code, code, count * WORD) == 0;
}

/* The block of this code, which may be translated many times. */
static Block *block_of(uint64_t address, uint32_t *code, size_t count) {
  Block **bucket = &buckets[address / WORD % BUCKETS];
  for (Block *block = *bucket; block; block = block->in_bucket)
    if (same(block, address, code, count)) {
      free(code);
      return block;
    }
  Block *block = calloc(1, sizeof *block);
  if (!block) abort();
  block->address = address;
  block->code = code;
  block->count = count;
  for (size_t i = 0; i < count; i++) add_instruction(&block->work, code[i]);
  block->in_bucket = *bucket;
  return *bucket = block;
}

static void executed(unsigned vcpu, void *user) {
  if (!counting || vcpu != counted_vcpu) return;
  const Work *work = &((const Block *)user)->work;
  total.instructions += work->instructions;
  total.fp32_macs += work->fp32_macs;
  total.int8_macs += work->int8_macs;
  total.loads += work->loads;
  total.stores += work->stores;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  size_t count = qemu_plugin_tb_n_insns(tb);
  uint32_t *code = malloc(count * WORD);
  if (!code) abort();
  for (size_t i = 0; i < count; i++)
    memcpy(&code[i], qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i)), WORD);
  Block *block = block_of(qemu_plugin_tb_vaddr(tb), code, count);
  qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void begin(unsigned vcpu) {
  total = (Work){0};
  counted_vcpu = vcpu;
  counting = true;
}

static void end(void) {
  counting = false;
  fprintf(out,
          "{\"instructions\": %" PRIu64 ", \"fp32_macs\": %" PRIu64 ", \"int8_macs\": %" PRIu64
          ", \"loads\": %" PRIu64 ", \"stores\": %" PRIu64 "}\n",
          total.instructions, total.fp32_macs, total.int8_macs, total.loads, total.stores);
  fflush(out);
}

static void called(qemu_plugin_id_t id, unsigned vcpu, int64_t number, uint64_t mark, uint64_t a2,
                   uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
  (void)id, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
  if (number == SYSCALL_PRCTL && mark == MARK_BEGIN) begin(vcpu);
  if (number == SYSCALL_PRCTL && mark == MARK_END) end();
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                           char **argv) {
  (void)info;
  for (int i = 0; i < argc; i++)
    if (strncmp(argv[i], "out=", 4) == 0) out = fopen(argv[i] + 4, "w");
  if (!out) {
    fprintf(stderr, "qemu_count: out=FILE is needed and must be writable\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_vcpu_syscall_cb(id, called);
  return 0;
}

/* How act-runner ends badly: one line on stderr and an exit code that says whose fault it is. */
#ifndef ACT_FAIL_H
#define ACT_FAIL_H

enum failure {
  FAIL_INPUT = 2,    /* usage, or a bad plan or data file */
  FAIL_LIBRARY = 3,  /* the runtime's library cannot be opened, lacks a symbol or is too old */
  FAIL_ARTEFACT = 4, /* the artefact is refused, or is not what the plan says */
  FAIL_CALL = 5,     /* a call failed */
  FAIL_ROWS = 6,     /* rows cannot be written */
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
_Noreturn void fail(enum failure code, const char *format, ...);

#endif

#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

_Noreturn void fail(enum failure code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("act-runner: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  fflush(stderr);
  /* Not exit(): a runtime's threads may still be running while its destructors would. */
  _exit((int)code);
}

/* sequence MODEL KERNELS: x from standard input, a time step of the model's features after the other ->
   y, N and R of each time step a line, in the end the state, on standard output. Models of one layer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act.h"

enum { MOST = 4096 };

static int fail(ActStatus status) {
  fprintf(stderr, "%s\n", act_message(status));
  return (int)status;
}

int main(int count, char **arguments) {
  static float x[MOST], y[MOST];
  ActModel *model;
  ActContext *context;
  ActSizes sizes;
  if (count != 3) return 99;
  ActStatus status = act_open(arguments[1], &model);
  if (status) return fail(status);
  status = act_use_kernels(model, arguments[2]);
  if (status) return fail(status);
  if (strcmp(act_kernels(model), arguments[2]) != 0) return 98;
  act_sizes(model, &sizes);
  status = act_context_new(model, &context);
  if (status) return fail(status);
  while (fread(x, sizeof *x, (size_t)sizes.input_size, stdin) == (size_t)sizes.input_size) {
    status = act_step(context, x, y);
    if (status) return fail(status);
    for (int i = 0; i < sizes.output_size; i++) printf("%.9g ", (double)y[i]);
    printf("%d %.9g\n", act_ponder_steps(context, 0), (double)act_remainder(context, 0));
  }
  act_state_get(context, y);
  for (size_t i = 0; i < sizes.state_size; i++) printf("%.9g ", (double)y[i]);
  act_context_free(context);
  act_close(model);
  return 0;
}

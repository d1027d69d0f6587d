/* How long the turns of the main loop take: from where its poll returns to where it polls again. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  double cpu_ms;      /* of the main thread */
  double wall_ms;     /* less what the thread waited for a processor that others had, where the kernel tells */
} LkLoopTurn;

/* Watches the default main context from now on. */
void lk_test_loop_watch (void);
/* The worst turn by CPU and by wall time since the last call, which begins anew. */
void lk_test_loop_take  (LkLoopTurn *worst_cpu,
                         LkLoopTurn *worst_wall);

/* What a limit in CPU time is to be multiplied with here: 1 to 2, by how long this machine takes at the moment for work of a fixed size. */
double lk_test_loop_get_slowness (void);

G_END_DECLS

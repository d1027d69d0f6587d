/* LkQueueList: the jobs that wait for the device, in their order, each with a way to take it out. Hidden while none waits. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LK_TYPE_QUEUE_LIST (lk_queue_list_get_type ())
G_DECLARE_FINAL_TYPE (LkQueueList, lk_queue_list, LK, QUEUE_LIST, AdwBin)

G_END_DECLS

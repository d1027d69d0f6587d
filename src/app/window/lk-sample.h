/* The sample project: a copy of it in the user's folder, so that it can be changed like any other. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Copies to a folder that is not there yet ("Mira", "Mira 2", …) inside the folder for new projects. */
void   lk_sample_copy_async  (GSettings            *settings,
                              GCancellable         *cancellable,
                              GAsyncReadyCallback   callback,
                              gpointer              user_data);
GFile *lk_sample_copy_finish (GAsyncResult         *result,
                              GError              **error);
/* The folder in which new projects are made: the setting, else "Likeness" in the user's documents. Owned by the caller. */
GFile *lk_projects_folder    (GSettings            *settings);
/* A folder of that name that is not there yet, inside `parent`. Owned by the caller. */
GFile *lk_free_folder        (GFile                *parent,
                              const char           *name);

G_END_DECLS

/* What the tests of the window share: an application without a bus, a project to open, and waiting for things to happen. */
#pragma once

#include "app/window/lk-window.h"

G_BEGIN_DECLS

/* GTK's test set-up, the application's resources and types. Exits with 77, which is "skipped", where there is no display. */
void           lk_test_window_init      (int            *argc,
                                         char         ***argv);
/* The application, registered as a program of its own. Owned by the caller. */
LkApplication *lk_test_application_new  (void);
/* A project with the sample's 24 pictures in a new folder, open; it is removed with the test's home. */
LkProject     *lk_test_sample_project   (void);
/* A project with `n` tiny pictures, of which `n_files` are different files. */
LkProject     *lk_test_large_project    (guint           n);
/* Runs the main loop until `condition` holds; fails the test after a minute. */
typedef gboolean (*LkTestCondition) (gpointer data);
void           lk_test_wait             (LkTestCondition condition,
                                         gpointer        data);
/* Runs the main loop for so long. */
void           lk_test_run_for          (guint           milliseconds);
/* The first descendant of a type, in drawing order; NULL: none. */
GtkWidget     *lk_test_find             (GtkWidget      *widget,
                                         GType           type);
/* Closes the window and checks that nothing holds it. */
void           lk_test_close            (LkWindow       *window);

G_END_DECLS

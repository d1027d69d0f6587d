/* main.c: starts the window's application. */
#define G_LOG_DOMAIN "likeness"

#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>

#include "app/window/lk-application.h"

int
main (int   argc,
      char *argv[])
{
  g_autoptr (LkApplication) application = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  application = lk_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}

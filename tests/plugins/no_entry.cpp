// No plug-in at all: nothing says who it is.
extern "C" int brume_plugin_by_another_name() { return 0; }

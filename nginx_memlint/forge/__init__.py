"""The only room that talks to another host: a pipeline asks it to, and no command does."""

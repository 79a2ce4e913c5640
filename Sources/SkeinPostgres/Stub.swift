enum SkeinPostgresStub {}

enum SkeinHandlersStub {}

enum SkeinTestingStub {}

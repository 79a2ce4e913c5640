enum SkeinRedisStub {}

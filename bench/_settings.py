"""The product's settings, with one more address: a view that does nothing but read a key of the cache."""

from recsys.config.settings import *  # noqa: F403

ROOT_URLCONF = "bench._urls"

# Each target sets up what it needs (once, cached) and then runs one command in that environment.
# PYTHON=python3.12 make test     uses another interpreter.
RUN := scripts/with_env
MINUTES ?= 10

.PHONY: help demo test test-reference check bench test-gpu soak docs clean

help:  ## Show this list.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

demo:  ## See real ROS 2 nodes segment a moving scene; writes a picture and a table.
	@$(RUN) isaac-seg demo

test:  ## Run every test that this machine can run, the ROS ones on real rclpy.
	@$(RUN) scripts/steadied -n auto --maxprocesses 4 --dist loadfile -m 'not alone'
	@echo '== those that measure, by themselves'
	@$(RUN) scripts/steadied -m alone

test-reference:  ## Compare with PyTorch and transformers (a download of up to 2 GB).
	@WITH=reference $(RUN) python -m pytest -m reference

check:  ## Check style, types and the direction of imports.
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) python -m pytest -q test/test_layering.py

bench:  ## Measure the targets beside what others use; FULL=1 takes longer and measures more.
	@$(RUN) python -m bench

test-gpu:  ## Run the tests that need an NVIDIA GPU.
	@$(RUN) python -c 'from isaac_seg_py.cuda import is_available; there, why = is_available(); \
		raise SystemExit(None if there else f"make test-gpu: no test was run: {why}")'
	@$(RUN) python -m pytest -m gpu

soak:  ## Run every graph with troubles for MINUTES (10); fails where one grows or loses an image.
	@$(RUN) python -m bench.soak --minutes $(MINUTES)

docs:  ## Write docs/parameters.md anew from the config classes.
	@$(RUN) python -m docs.parameters

clean:  ## Remove what set-up, tools and demo have made; your own files in out/ stay.
	rm -rf .venv* .build out/demo build install log *.egg-info .mypy_cache .pytest_cache .ruff_cache

package com.example.flashlight;

import android.app.Activity;
import android.content.Context;
import android.hardware.camera2.CameraAccessException;
import android.hardware.camera2.CameraManager;
import android.os.Bundle;
import android.widget.CompoundButton;
import android.widget.ToggleButton;

/** Switches the torch. setTorchMode needs no permission (API 23). */
public final class MainActivity extends Activity implements CompoundButton.OnCheckedChangeListener {
    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        ToggleButton button = new ToggleButton(this);
        button.setText(R.string.toggle);
        button.setOnCheckedChangeListener(this);
        setContentView(button);
    }

    @Override
    public void onCheckedChanged(CompoundButton button, boolean on) {
        CameraManager manager = (CameraManager) getSystemService(Context.CAMERA_SERVICE);
        try {
            manager.setTorchMode(manager.getCameraIdList()[0], on);
        } catch (CameraAccessException error) {
            button.setEnabled(false);
        }
    }
}
